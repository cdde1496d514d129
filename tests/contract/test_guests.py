"""A student's files don't stand in for the portal's own programs, whatever they are called."""

from pathlib import Path

import pytest

from portal.engine import programs
from portal.engine.programs import guest
from tests.contract.cluster import Cluster

MARK = "/tmp/ran"
INTRUDER = f"""
import os, sys
os.close(os.open({MARK!r}, os.O_CREAT | os.O_WRONLY))
raise SystemExit("shadowed")
""".encode()
HOME_PACKAGES = ".local/lib/python3.11/site-packages"
SHADOWS = {
    "guest/__init__.py": b"",
    "guest/__main__.py": INTRUDER,
    "json.py": INTRUDER,
    "argparse.py": INTRUDER,
    "sitecustomize.py": INTRUDER,
    "usercustomize.py": INTRUDER,
    "kafka.py": INTRUDER,
    f"{HOME_PACKAGES}/usercustomize.py": INTRUDER,
    f"{HOME_PACKAGES}/x.pth": b"import usercustomize\n",
    ".pythonrc.py": INTRUDER,
}
PROGRAMS = sorted(
    path.stem
    for path in (Path(programs.__file__).parent / "guest").glob("*.py")
    if '__name__ == "__main__"' in path.read_text()
)


@pytest.fixture
def shadowed(cluster: Cluster) -> Cluster:
    """A cluster whose student has files of all these names."""
    shadows = SHADOWS | {f"guest/{name}.py": INTRUDER for name in PROGRAMS}
    for path, content in shadows.items():
        cluster.runtime.put_file(cluster.session, path, content)
    cluster.run("sh", "-c", f"echo 'export PYTHONPATH=/w205 PYTHONSTARTUP={MARK}' > .profile")
    return cluster


def test_none_of_our_programs_runs_a_students_file(shadowed: Cluster) -> None:
    assert {"cell", "ready", "tail", "topics"} <= set(PROGRAMS)
    for name in PROGRAMS:
        if name == "workers":  # It has no arguments: Spark starts it, and test_spark.py tries it.
            continue
        done = shadowed.run(*guest(name, "--help"))
        assert b"shadowed" not in done.stdout + done.stderr, name
    assert shadowed.run("test", "-e", MARK).status == 1
    # They would have run otherwise.
    assert shadowed.run("python", "-m", "guest.cell").status == 1
    assert shadowed.run("test", "-e", MARK).status == 0


def test_a_students_own_script_finds_the_modules_beside_it(cluster: Cluster) -> None:
    cluster.runtime.put_file(cluster.session, "helpers.py", b"word = 'found'\n")
    cluster.runtime.put_file(cluster.session, "script.py", b"import helpers\nprint(helpers.word)\n")
    assert cluster.run("python", "script.py").stdout == b"found\n"
    assert cluster.python("import helpers; print(helpers.word)").stdout == b"found\n"
