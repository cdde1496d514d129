"""Hosts that lack something: rights, control groups, namespaces, bubblewrap."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from portal.engine.errors import CapacityExceeded, RuntimeUnavailable
from portal.engine.runtimes.agent.cgroup import ControlGroup
from tests.contract.cluster import Cluster, eventually
from tests.contract.drivers import DRIVERS, VENV, Driver

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534

pytestmark = pytest.mark.sandbox


@pytest.fixture
def driver() -> Driver:
    """Only the sandbox: others confine by means of their own."""
    return DRIVERS["sandbox"]


def test_it_works_for_an_ordinary_user():
    command = [str(VENV / "bin" / "python"), "-m", "tests.contract.ordinary_user"]
    # Where an ordinary user can write, and go to.
    folder = Path("/var/tmp") / f"sluice-{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            identity = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            command = ["setpriv", *identity, *command]
            can_read = subprocess.run([*command[:4], "test", "-r", __file__], check=False)
            if can_read.returncode != 0:
                pytest.skip("this checkout lies where an ordinary user can't read it")
        done = subprocess.run(
            [*command, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "all of it holds\n"


@pytest.fixture
def ungrouped(absent: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster on a host that lets nobody make control groups."""
    monkeypatch.setattr(ControlGroup, "create", lambda *_: False)
    absent.up()
    return absent


def test_without_control_groups_each_process_has_its_memory_limit(ungrouped):
    done = ungrouped.python("x = b'x' * (1 << 30)")
    assert done.status == 1
    assert b"MemoryError" in done.stderr


def test_without_control_groups_no_process_can_raise_its_limit(ungrouped):
    code = "import resource as r; r.setrlimit(r.RLIMIT_DATA, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
    assert b"not allowed" in ungrouped.python(code).stderr


def test_without_control_groups_processes_are_counted(ungrouped):
    done = ungrouped.python("import os, time\nwhile os.fork(): pass\ntime.sleep(60)")
    assert b"Resource temporarily unavailable" in done.stderr
    assert ungrouped.runtime.observe(ungrouped.session).state == "up"


def test_what_runs_is_ended_though_its_folder_was_removed(ungrouped, driver):
    shutil.rmtree(ungrouped.runtime.folder)
    ungrouped.runtime.down(ungrouped.session)
    eventually(lambda: driver.leftovers(ungrouped.session) == [])


# -- no sandbox to be had


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Put a bwrap of our own before the host's."""
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_host_without_bubblewrap_says_what_to_install(absent, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for attempt in (absent.runtime.check, absent.up):
        with pytest.raises(RuntimeUnavailable, match="not installed") as caught:
            attempt()
        assert "apt-get install bubblewrap" in caught.value.advice
    monkeypatch.undo()
    assert absent.runtime.list_all() == []


def test_a_host_without_namespaces_says_how_to_allow_them(absent, tmp_path, monkeypatch):
    said = "bwrap: No permissions to create new namespace"
    pretend(monkeypatch, tmp_path, f"echo '{said}' >&2; exit 1")
    for attempt in (absent.runtime.check, absent.up):
        with pytest.raises(RuntimeUnavailable, match="No permissions to create") as caught:
            attempt()
        assert "sysctl" in caught.value.advice
        assert caught.value.permanent
    assert absent.runtime.list_all() == []


def test_a_bubblewrap_that_is_too_old_is_named_as_the_reason(absent, tmp_path, monkeypatch):
    pretend(monkeypatch, tmp_path, "echo 'bwrap: Unknown option --size' >&2; exit 1")
    with pytest.raises(RuntimeUnavailable) as caught:
        absent.runtime.check()
    assert "bubblewrap 0.8" in caught.value.advice


@pytest.mark.parametrize("said", ["", "{}", "[", '{"child-pid": 999999999}', '{"child-pid": "x"}'])
def test_a_bubblewrap_that_tells_nonsense_leaves_nothing(absent, tmp_path, monkeypatch, said):
    find = "while [ $# -gt 1 ]; do [ $1 = --info-fd ] && fd=$2; shift; done"
    pretend(monkeypatch, tmp_path, f"{find}; eval \"printf '%s' '{said}' >&$fd\"")
    with pytest.raises(RuntimeUnavailable):
        absent.up()
    assert absent.runtime.list_all() == []


def test_a_sandbox_that_ends_at_once_is_told_with_its_words(absent, monkeypatch):
    from portal.engine.runtimes.sandbox import bubblewrap

    monkeypatch.setattr(bubblewrap, "GUEST_PYTHON", "/no/such/python")
    with pytest.raises(RuntimeUnavailable, match="/no/such/python"):
        absent.up()
    assert absent.runtime.list_all() == []


def test_a_missing_part_is_named(absent):
    absent.runtime.venv = Path("/no/such/venv")
    with pytest.raises(RuntimeUnavailable, match="/no/such/venv is missing") as caught:
        absent.up()
    assert "make up" in caught.value.advice
    assert absent.runtime.list_all() == []


def test_a_host_that_is_full_says_so(absent, monkeypatch):
    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ControlGroup, "create", full)
    with pytest.raises(CapacityExceeded, match="No space left"):
        absent.up()
    monkeypatch.undo()
    assert absent.runtime.list_all() == []
