"""The control groups that a cluster's pods are in, of version 1 or 2, apart from any others."""

import contextlib
import os
import signal
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NAME = "sluice-kubernetes"
CONTROLLERS = "+cpu +cpuset +memory +pids +io"
END_SECONDS = 10.0
PAUSE_SECONDS = 0.05


def folders(root: Path = ROOT) -> list[Path]:
    """Where the group is, in each hierarchy that there is."""
    if (root / "cgroup.controllers").exists():
        return [root / NAME]
    return [each / NAME for each in root.iterdir() if (each / "cgroup.procs").exists()]


def make() -> None:
    """Make the group: a kubelet wants to find it."""
    for folder in folders():
        folder.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            own, above = folder / name, folder.parent / name
            if own.exists() and above.exists():
                own.write_text(above.read_text())
        for each in (folder.parent, folder):
            with contextlib.suppress(OSError):
                (each / "cgroup.subtree_control").write_text(CONTROLLERS)


def remove() -> None:
    """Kill what runs in it, and remove it. Already gone is success."""
    deadline = time.monotonic() + END_SECONDS
    while (left := [each for each in folders() if each.exists()]) and time.monotonic() < deadline:
        for folder in left:
            for pids in folder.rglob("cgroup.procs"):
                end_all(pids)
            for each in sorted(folder.glob("**/"), reverse=True):
                with contextlib.suppress(OSError):
                    each.rmdir()
        time.sleep(PAUSE_SECONDS)


def end_all(pids: Path) -> None:
    """Kill the processes that a group's file names."""
    with contextlib.suppress(OSError):
        for pid in pids.read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
