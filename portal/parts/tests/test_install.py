"""What a person at the terminal sees of the installer."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from portal.parts import install, places, python, system
from portal.parts.run import run


def computed() -> float:
    """The processor time of all that this process has started, in seconds, once it has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.docker
def test_it_says_so_soon_when_nothing_is_missing() -> None:
    before = computed()
    done = subprocess.run(
        [sys.executable, "-m", "portal.parts", "install", "--for-tests"],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # How long it waits for a processor is not its own affair.
    assert computed() - before < 2, "half a second is the promise, on a machine at rest"


def test_it_tells_an_ordinary_user_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(install, "PARTS", tmp_path)
    monkeypatch.setattr(system, "_find", lambda program: None if program == "kcat" else "there")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert install.main(["install"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "sudo apt-get install kcat" in told


def test_it_tells_what_to_install_where_there_is_no_apt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(install, "PARTS", tmp_path)
    monkeypatch.setattr(system, "_find", lambda program: None if program == "bwrap" else "there")
    monkeypatch.setattr("portal.parts.system.shutil.which", lambda _: None)
    assert install.main(["install"]) == 1
    assert "no apt-get here" in capsys.readouterr().err


def test_it_installs_what_an_older_java_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "java_release", lambda: 'JAVA_VERSION="11.0.2"\n')
    packages = [each for each in system.missing(for_tests=False) if "jre" in each[0]]
    assert packages == [["openjdk-17-jre-headless", "openjdk-21-jre-headless"]]


def test_it_names_the_log_of_a_program_that_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("portal.parts.run.LOGS", tmp_path)
    with pytest.raises(places.PartsError, match=r"^Alas \(exit status 3; see .*x\.log\)$"):
        run(["sh", "-c", "echo why; exit 3"], log="x.log", failure="Alas", timeout_seconds=5)
    assert (tmp_path / "x.log").read_text() == "why\n"


def test_it_gives_up_on_a_program_that_never_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("portal.parts.run.LOGS", tmp_path)
    with pytest.raises(places.PartsError, match="no end after"):
        run(["sleep", "60"], log="x.log", failure="Alas", timeout_seconds=0.05)


def test_it_prefers_the_python_that_every_sandbox_has() -> None:
    assert python.base().is_absolute()
    assert python.is_ready()


def test_the_lock_has_a_hash_for_all_and_an_address_for_none() -> None:
    lock = places.LOCK.read_text()
    assert "://" not in lock
    for entry in re.split(r"\n(?=\w)", lock):
        assert "--hash=sha256:" in entry
