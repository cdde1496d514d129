"""A session's limits and its fair share by the kernel's control groups, v1 or v2.

Without the right to make groups there are none, and the driver limits each process by itself.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from portal.engine import swap
from portal.engine.errors import ClusterError

ROOT = Path("/sys/fs/cgroup")
GROUP = "sluice"
PERIOD_US = 100_000
PIECE = 32 << 20
"""Bytes that are given back at once: whoever wakes a cluster meanwhile waits for no more."""


class ControlGroup:
    """The control group of one session, in whatever hierarchies the kernel has."""

    def __init__(self, name: str, root: Path = ROOT):
        self.root = root
        self.is_unified = (root / "cgroup.controllers").exists()
        parents = [root] if self.is_unified else [root / "memory", root / "pids"]
        parents += [root / each for each in ("cpu", "freezer") if (root / each).is_dir()]
        self.folders = [parent / GROUP / name for parent in parents]

    def create(self, memory: int, processes: int, cpus: float) -> bool:
        """Make the group with its limits (bytes, count). False where that is not allowed."""
        quota = int(cpus * PERIOD_US)
        try:
            for folder in self.folders:
                folder.mkdir(parents=True, exist_ok=True)
            if self.is_unified:
                for parent in (self.root, self.root / GROUP):
                    (parent / "cgroup.subtree_control").write_text("+memory +pids +cpu")
                self._set({"memory.max": memory, "pids.max": processes})
                self._set({"cpu.max": f"{quota} {PERIOD_US}"})
            else:
                self._set({"memory.limit_in_bytes": memory, "pids.max": processes})
                self._set({"cpu.cfs_quota_us": quota}, is_optional=True)
            # Memory that is swapped out is memory too; not every kernel counts it.
            swapped = {"memory.swap.max": 0, "memory.memsw.limit_in_bytes": memory}
            self._set(swapped, is_optional=True)
        except OSError:
            self.remove(patience=0.0)
            return False
        return True

    def _set(self, values: Mapping[str, int | str], *, is_optional: bool = False) -> None:
        for name, value in values.items():
            files = [folder / name for folder in self.folders if (folder / name).exists()]
            if not files and not is_optional:
                raise FileNotFoundError(name)
            for file in files:
                file.write_text(str(value))

    def add(self, pids: Iterable[int]) -> None:
        """Put processes into the group. One that has ended is passed over."""
        for pid in pids:
            for folder in self.folders:
                with contextlib.suppress(ProcessLookupError):
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
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError, ValueError):
                lines = (self.folders[0] / name).read_text().splitlines()
                return int(dict(line.split() for line in lines).get("oom_kill", 0))
        return 0

    def memory_limit(self) -> int:
        """The group's memory limit in bytes; 0 if there is none."""
        for name in ("memory.max", "memory.limit_in_bytes"):
            with contextlib.suppress(OSError, ValueError):
                return int((self.folders[0] / name).read_text())
        return 0

    def freeze(self, patience: float = 5.0) -> bool:
        """Have all that runs in it stand still. False where this kernel has no means to.

        Raises ClusterError, after it had all go on, where something does not.
        """
        if (switch := self._switch()) is None:
            return False
        switch.write_text("1" if self.is_unified else "FROZEN")
        deadline = time.monotonic() + patience
        while not self._stands_still(switch):
            if time.monotonic() > deadline:
                self.thaw()
                raise ClusterError(f"{switch.parent.name} did not stand still.")
            time.sleep(0.002)
        return True

    def thaw(self) -> None:
        """Have it go on. Goes on already, or isn't there, is success."""
        if switch := self._switch():
            switch.write_text("0" if self.is_unified else "THAWED")
            self.stay_in_memory()

    def give_back(self) -> int:
        """Have the kernel take its memory to where swap is, while it stands still; bytes asked for.

        Where there is no swap, or no cgroup v2 that can be asked, it keeps what it has: to drop
        what is cached of files alone would make it slow to wake, for little.
        """
        switch, asked = self._switch(), 0
        can_ask = switch and os.access(switch.parent / "memory.reclaim", os.W_OK)
        if switch is None or not can_ask or not swap.look().kind:
            return asked
        with contextlib.suppress(OSError, ValueError):  # The kernel has no more that it can take.
            self._let_swap("max")
            left = int((switch.parent / "memory.current").read_text())
            while asked < left and self._stands_still(switch):
                (switch.parent / "memory.reclaim").write_text(str(PIECE))
                asked += PIECE
        if not self._stands_still(switch):
            self.stay_in_memory()
        return asked

    def stay_in_memory(self) -> None:
        """What works is not swapped out; only what sleeps is."""
        self._let_swap("0")

    def _let_swap(self, most: str) -> None:
        if self.is_unified:
            with contextlib.suppress(OSError):
                self._set({"memory.swap.max": most}, is_optional=True)

    def _switch(self) -> Path | None:
        """What freezes and thaws it; None where there is none, or none that we may turn.

        An ordinary user's sandbox may have a group's name beside those of root's portal.
        """
        names = ("cgroup.freeze", "freezer.state")
        found = (folder / name for folder in self.folders for name in names)
        return next((each for each in found if os.access(each, os.W_OK)), None)

    def _stands_still(self, switch: Path) -> bool:
        if self.is_unified:
            return "frozen 1" in (switch.parent / "cgroup.events").read_text()
        return switch.read_text().strip() == "FROZEN"

    def remove(self, patience: float = 10.0) -> None:
        """Kill what runs in the group and remove it. Already gone is success.

        Raises ClusterError if something in it can't be ended.
        """
        deadline = time.monotonic() + patience
        while not self._is_removed():
            for pid in self.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                if patience:
                    raise ClusterError(f"{self.folders[0].name} still has processes that run.")
                return
            # The kernel empties it a moment after the last process has ended.
            time.sleep(0.01)

    def _is_removed(self) -> bool:
        for folder in self.folders:
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        # What we may not look into, as where root runs a portal too, none of ours is in.
        return not any(os.path.exists(folder) for folder in self.folders)
