"""A session's memory and process limits by the kernel's control groups, v1 or v2.

Without the right to make groups there are none, and the driver limits each process by itself.
"""

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
GROUP = "sluice"


class ControlGroup:
    """The control group of one session, in whatever hierarchies the kernel has."""

    def __init__(self, session: str, root: Path = ROOT):
        self.root = root
        self.is_unified = (root / "cgroup.controllers").exists()
        parents = [root] if self.is_unified else [root / "memory", root / "pids"]
        self.folders = [parent / GROUP / session for parent in parents]

    def create(self, memory: int, processes: int) -> bool:
        """Make the group with its limits (bytes, count). False where that is not allowed."""
        try:
            for folder in self.folders:
                folder.mkdir(parents=True, exist_ok=True)
            if self.is_unified:
                for parent in (self.root, self.root / GROUP):
                    (parent / "cgroup.subtree_control").write_text("+memory +pids")
                self._set(self.folders[0], {"memory.max": memory, "pids.max": processes})
            else:
                self._set(self.folders[0], {"memory.limit_in_bytes": memory})
                self._set(self.folders[1], {"pids.max": processes})
        except OSError:
            self.remove()
            return False
        return True

    @staticmethod
    def _set(folder: Path, values: dict[str, int]) -> None:
        for name, value in values.items():
            (folder / name).write_text(str(value))

    def add(self, pids: Iterable[int]) -> None:
        """Put processes into the group."""
        for pid in pids:
            for folder in self.folders:
                (folder / "cgroup.procs").write_text(str(pid))

    def pids(self) -> set[int]:
        """Everything that runs in it."""
        found: set[int] = set()
        for folder in self.folders:
            with contextlib.suppress(OSError):
                found |= {int(pid) for pid in (folder / "cgroup.procs").read_text().split()}
        return found

    def out_of_memory_kills(self) -> int:
        """How many processes the kernel has ended for want of memory."""
        folder = self.folders[0]
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError, ValueError):
                fields = dict(line.split() for line in (folder / name).read_text().splitlines())
                return int(fields.get("oom_kill", 0))
        return 0

    def memory_limit(self) -> int:
        """The group's memory limit in bytes; 0 if there is none."""
        for name in ("memory.max", "memory.limit_in_bytes"):
            with contextlib.suppress(OSError, ValueError):
                return int((self.folders[0] / name).read_text())
        return 0

    def remove(self, patience: float = 5.0) -> None:
        """Remove the group once it is empty. Already gone is success."""
        deadline = time.monotonic() + patience
        for folder in self.folders:
            while folder.exists():
                try:
                    os.rmdir(folder)
                except OSError:
                    # The kernel empties it a moment after the last process has ended.
                    if time.monotonic() > deadline:
                        return
                    time.sleep(0.02)
