"""The drivers that the contract is held against, and what only the host can tell of them."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal.engine.runtimes.base import Image, Runtime
from portal.engine.runtimes.sandbox import SandboxRuntime
from portal.engine.runtimes.sandbox.place import Place
from tests.contract.cutting import Cut
from tests.docker.engine import docker_leftovers, kill_docker, make_docker
from tests.kubernetes.fixtures import IS_WANTED
from tests.kubernetes.sessions import kill_kubernetes, kubernetes_leftovers, make_kubernetes

VENV = Path(__file__).resolve().parents[2] / ".venv"
IMAGES = {"mids": Image("mids", tag="sluice/mids:1")}


@dataclass(frozen=True, slots=True)
class Driver:
    """How to make a runtime on a folder of its own, and what to do behind its back."""

    make: Callable[[Path], Runtime]
    kill: Callable[[Runtime, str], None]
    """End a session's cluster as a crash would."""
    leftovers: Callable[[str], list[str]]
    """What the host still holds of a session."""
    cuts: tuple[Cut, ...]
    """Where a launch can be killed: before each thing that it does."""


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


SANDBOX = "portal.engine.runtimes.sandbox"
SANDBOX_CUTS = (
    Cut(f"{SANDBOX}.place:ControlGroup.create"),
    Cut(f"{SANDBOX}.launch:Launch.run"),
    Cut(f"{SANDBOX}.launch:read_child"),
    Cut(f"{SANDBOX}.place:Place.write"),
    Cut(f"{SANDBOX}.launch:release"),
    Cut(f"{SANDBOX}.launch:ask"),
    Cut(f"{SANDBOX}.place:Place.write", 2),
    Cut(f"{SANDBOX}.runtime:put_file"),
    Cut(f"{SANDBOX}.runtime:SandboxRuntime.start"),
    Cut(f"{SANDBOX}.runtime:SandboxRuntime.exec"),
    Cut(f"{SANDBOX}.place:Place.write", 3),
)
DOCKER = "portal.engine.runtimes.docker"
DOCKER_CUTS = (
    Cut(f"{DOCKER}.launch:make_home"),
    Cut(f"{DOCKER}.launch:Launch._boot"),
    Cut(f"{DOCKER}.place:Place.write", 2),
    Cut(f"{DOCKER}.runtime:DockerRuntime.exec"),
)
KUBERNETES = "portal.engine.runtimes.kubernetes"
KUBERNETES_CUTS = (
    Cut(f"{KUBERNETES}.launch:make_policy"),
    Cut(f"{KUBERNETES}.waiting:until_it_runs"),
    Cut(f"{KUBERNETES}.place:Place.write"),
    Cut(f"{KUBERNETES}.runtime:put_file"),
    Cut(f"{KUBERNETES}.runtime:KubernetesRuntime.exec"),
    Cut(f"{KUBERNETES}.launch:make_ready"),
)

DRIVERS = {
    "sandbox": Driver(make_sandbox, kill_sandbox, sandbox_leftovers, SANDBOX_CUTS),
    "docker": Driver(make_docker, kill_docker, docker_leftovers, DOCKER_CUTS),
}
if IS_WANTED:
    DRIVERS["kubernetes"] = Driver(
        make_kubernetes, kill_kubernetes, kubernetes_leftovers, KUBERNETES_CUTS
    )
