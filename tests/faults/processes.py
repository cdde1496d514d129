"""The processes of a portal and of its clusters, found in /proc."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.faults.student import eventually
from tests.portal_process import Portal

PROC = Path("/proc")
MARKS = {"redis": "redis-server", "web": "uvicorn", "worker": "celery", "relay": "manage.py relay"}
WATCHED = ("worker", "relay")
"""Parts that have a process of their own above them."""
RESTARTED_SECONDS = 60.0


def supervisor(portal: Portal) -> int:
    """The supervisor's process number."""
    return int((portal.var / "run" / "supervisord.pid").read_text())


def find(portal: Portal, part: str) -> int | None:
    """The process number of a part; None while it is down."""
    parent = supervisor(portal)
    for pid in numbers():
        if parent_of(pid) == parent and MARKS[part] in command_of(pid):
            return pid
    return None


def inner(portal: Portal, part: str) -> int | None:
    """A part's own process, below what watches over it."""
    found = find(portal, part)
    if part not in WATCHED or found is None:
        return found
    return next((each for each in numbers() if parent_of(each) == found), None)


def kill(portal: Portal, part: str) -> None:
    """SIGKILL one part, and wait until the supervisor has started another."""
    before = find(portal, part)
    assert before is not None, f"{part} doesn't run"
    os.kill(before, signal.SIGKILL)
    eventually(
        lambda: find(portal, part) not in (None, before), RESTARTED_SECONDS, f"{part} comes back"
    )


def clusters(portal: Portal) -> set[str]:
    """The PID namespaces of the portal's sandboxes: whatever runs in a cluster is in one."""
    notes = portal.var.glob("run/sandboxes/*/sandbox.json")
    return {namespace_of(json.loads(note.read_text())["pid"]) for note in notes}


def inside(namespaces: set[str]) -> list[str]:
    """The command lines of what runs in those PID namespaces."""
    return [command_of(pid) for pid in inside_numbers(namespaces)]


def inside_numbers(namespaces: set[str]) -> list[int]:
    """The process numbers of what runs in those PID namespaces."""
    return [pid for pid in numbers() if namespace_of(pid) in namespaces]


def left(portal: Portal) -> list[str]:
    """The command lines of all that has the portal's folder in its command or environment."""
    mark = str(portal.var).encode()
    found = []
    for pid in numbers():
        with contextlib.suppress(OSError):
            told = (PROC / str(pid) / "cmdline").read_bytes()
            told += (PROC / str(pid) / "environ").read_bytes()
            if pid != os.getpid() and mark in told:
                found.append(command_of(pid))
    return found


def nothing_is_left(portal: Portal, namespaces: set[str]) -> None:
    """No process of the portal, none of its clusters, and no folder of theirs."""
    portal.process.wait(timeout=20)
    eventually(lambda: not left(portal) and not inside(namespaces), 60, "all has ended")
    assert portal.sandboxes() == []


def numbers() -> Iterator[int]:
    """Every process that there is."""
    return (int(each.name) for each in PROC.glob("[1-9]*"))


def command_of(pid: int) -> str:
    """A process's command line; empty for one that has ended."""
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        return b" ".join(words).decode(errors="replace").strip()
    return ""


def namespace_of(pid: int) -> str:
    """The name of a process's PID namespace; empty for one that has ended."""
    with contextlib.suppress(OSError):
        return os.readlink(PROC / str(pid) / "ns" / "pid")
    return ""


def parent_of(pid: int) -> int:
    """The number of a process's parent; 0 for one that has ended."""
    with contextlib.suppress(OSError, IndexError):
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def resident_mb(pid: int) -> float:
    """A process's memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20
