"""The virtual environment, from requirements.lock. A sandbox sees it as /opt/venv."""

import os
import re
import subprocess
import sys
from pathlib import Path

from portal.parts.places import LOCK, VENV, PartsError, digest, is_stamped, put_stamp
from portal.parts.run import run, say

OLDEST = (3, 11)
NEWEST_MINOR = 14
STAMP = VENV / "sluice-stamp"
PIP_SECONDS = 1800
CHECKED = ("--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet")
"""Settings of pip's own must not swap what a lock names for something else."""


def is_ready() -> bool:
    """Whether the environment holds what the lock says, made from the Python chosen here."""
    return (VENV / "bin" / "python").exists() and is_stamped(STAMP, _wanted(base()))


def base() -> Path:
    """The Python to make it from: the system's where it will do, since every sandbox has that."""
    for minor in ("", *(f".{minor}" for minor in range(OLDEST[1], NEWEST_MINOR + 1))):
        path = Path(f"/usr/bin/python3{minor}").resolve()
        found = re.fullmatch(r"python3\.(\d+)", path.name)
        if found and OLDEST[1] <= int(found[1]) <= NEWEST_MINOR and path.exists():
            return path
    # sys.executable may be a virtual environment's: what that was made from lasts longer.
    return Path(os.path.realpath(sys.executable))


def needs_package() -> list[list[str]]:
    """Debian keeps a part of Python's venv module in a package of its own."""
    python = base()
    if is_ready() or not python.is_relative_to("/usr/bin"):
        return []
    argv = [str(python), "-c", "import ensurepip, venv"]
    found = subprocess.run(argv, capture_output=True, check=False).returncode == 0
    return [] if found else [[f"{python.name}-venv", "python3-venv"]]


def install() -> None:
    """Make the environment, or bring it up to the lock; anew when its Python changed."""
    python = base()
    wanted = _wanted(python)
    if not _is_made_from(python):
        say(f"a virtual environment, from {python}")
        _venv(python)
    say("Python packages (a minute or so the first time)")
    STAMP.unlink(missing_ok=True)
    run(
        [str(VENV / "bin" / "python"), "-m", "pip", "install", *CHECKED, "-r", str(LOCK)],
        log="pip.log",
        failure="The Python packages could not be installed: is there a network? Type by hand: "
        ".venv/bin/python -m pip install --require-hashes -r requirements.lock",
        timeout_seconds=PIP_SECONDS,
    )
    put_stamp(STAMP, wanted)


def fetch_wheels(
    requirements: Path, folder: Path, *options: str, log: str, failure: str, timeout_seconds: float
) -> None:
    """Put the very wheels that a file names into a folder. Raises PartsError."""
    run(
        [
            *(str(VENV / "bin" / "python"), "-m", "pip", "download", *CHECKED, "--no-deps"),
            *("--only-binary", ":all:", *options),
            *("--requirement", str(requirements), "--dest", str(folder)),
        ],
        log=log,
        failure=failure,
        timeout_seconds=timeout_seconds,
    )


def _venv(python: Path) -> None:
    run(
        [str(python), "-m", "venv", "--clear", str(VENV)],
        log="venv.log",
        failure=f"A virtual environment could not be made. Type by hand: {python} -m venv .venv",
        timeout_seconds=PIP_SECONDS,
    )


def _is_made_from(python: Path) -> bool:
    return (
        Path(os.path.realpath(VENV / "bin" / "python")) == python and (VENV / "pyvenv.cfg").exists()
    )


def _wanted(python: Path) -> str:
    try:
        return digest([str(python), LOCK.read_bytes()])
    except OSError as error:
        raise PartsError(f"{LOCK.name} is missing: get it back with git checkout") from error
