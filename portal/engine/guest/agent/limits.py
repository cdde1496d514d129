"""What bounds the memory of this cluster, and how its kernel keeps it."""

import contextlib
import ctypes
import signal
from pathlib import Path

FOLDERS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory"))
"""Version 2, version 1."""
PR_SET_MEMORY_MERGE = 67
ADDR_NO_RANDOMIZE = 0x0040000
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)


def kills() -> int:
    """How many processes in it the kernel has ended for want of memory; 0 where that isn't told."""
    for path in (FOLDERS[0] / "memory.events", FOLDERS[1] / "memory.oom_control"):
        with contextlib.suppress(OSError, ValueError):
            lines = path.read_text().splitlines()
            return int(dict(line.split() for line in lines).get("oom_kill", 0))
    return 0


def most() -> int:
    """Its memory limit in bytes; 0 if there is none."""
    for path in (FOLDERS[0] / "memory.max", FOLDERS[1] / "memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            return int(path.read_text())
    return 0


def told(before: int, status: int) -> dict[str, int]:
    """What is to be said of a command's end: the limit, if the kernel ended something for it."""
    return {"memory_limit": most()} if status in KILLED and kills() > before else {}


def merge() -> None:
    """Let the kernel keep pages once that are alike, of this process and all that it will start.

    A kernel that doesn't know of that (before Linux 6.4, or without KSM) keeps each.
    """
    ctypes.CDLL(None).prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0)


def lie_alike() -> None:
    """Have what this very thread starts lie where it lies in other clusters: pages hold addresses.

    The engine of a container may forbid to ask for that.
    """
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
