"""The drivers that the contract is held against, and what only the host can tell of them."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal.engine.runtimes.base import Image, Runtime
from portal.engine.runtimes.sandbox import SandboxRuntime
from portal.engine.runtimes.sandbox.place import Place
from tests.docker.engine import docker_leftovers, kill_docker, make_docker

VENV = Path(__file__).resolve().parents[2] / ".venv"
IMAGES = {"mids": Image("mids", docker="sluice/mids:1")}


@dataclass(frozen=True, slots=True)
class Driver:
    """How to make a runtime on a folder of its own, and what to do behind its back."""

    make: Callable[[Path], Runtime]
    kill: Callable[[Runtime, str], None]
    """End a session's cluster as a crash would."""
    leftovers: Callable[[str], list[str]]
    """What the host still holds of a session."""


def make_sandbox(folder: Path) -> SandboxRuntime:
    """A sandbox driver as settings make it."""
    return SandboxRuntime(folder=str(folder), venv=str(VENV), images=IMAGES)


def kill_sandbox(runtime: Runtime, session: str) -> None:
    """SIGKILL its first process."""
    assert isinstance(runtime, SandboxRuntime)
    note = Place(runtime.folder, session).note
    assert note is not None
    os.kill(note.pid, signal.SIGKILL)


def sandbox_leftovers(session: str) -> list[str]:
    """Control groups, and processes that are in them or have the session on their command line."""
    found = [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/sluice/*{session}")]
    for name in ("cgroup", "cmdline"):
        for path in Path("/proc").glob(f"[1-9]*/{name}"):
            try:
                if session.encode() in path.read_bytes():
                    found.append(str(path))
            except OSError:
                continue
    return found


DRIVERS = {
    "sandbox": Driver(make_sandbox, kill_sandbox, sandbox_leftovers),
    "docker": Driver(make_docker, kill_docker, docker_leftovers),
}
