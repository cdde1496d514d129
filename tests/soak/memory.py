"""What the portal's processes take as time goes by."""

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.processes import resident_mb
from tests.soak.breaking import number_of
from tests.soak.stage import Stage

PARTS = ("web", "worker", "relay", "redis")
EVERY_SECONDS = 5.0
WARM_SECONDS = 60.0
"""A process has loaded what it needs by then."""


@dataclass
class Life:
    """One process of a part, from when it was warm."""

    part: str
    began: float
    ended: float
    first_mb: float
    last_mb: float
    first_files: int
    last_files: int

    @property
    def seconds(self) -> float:
        """For how long it was looked at."""
        return self.ended - self.began


class Memory(threading.Thread):
    """Looks every few seconds; a process that is killed is followed by another life."""

    def __init__(self, stage: Stage, warm_seconds: float = WARM_SECONDS):
        super().__init__(daemon=True)
        self.stage, self.warm_seconds = stage, warm_seconds
        self.seen: dict[int, float] = {}
        self.lives: dict[int, Life] = {}
        self.over = threading.Event()

    def run(self) -> None:
        """Until it is over."""
        while not self.over.wait(EVERY_SECONDS):
            for part in PARTS:
                with contextlib.suppress(OSError, AssertionError, ValueError):
                    self.look(part)

    def look(self, part: str) -> None:
        """One part, now."""
        pid, now = number_of(self.stage.portal, part), time.monotonic()
        if pid is None or now - self.seen.setdefault(pid, now) < self.warm_seconds:
            return
        megabytes = resident_mb(pid)
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        life = self.lives.setdefault(pid, Life(part, now, now, megabytes, megabytes, files, files))
        life.ended, life.last_mb, life.last_files = now, megabytes, files

    def longest(self) -> dict[str, Life]:
        """Of each part the process that lived longest."""
        found: dict[str, Life] = {}
        for life in sorted(self.lives.values(), key=lambda each: each.seconds):
            found[life.part] = life
        return found
