"""What all who take part share: the portal, its clusters, the tally, and when a fault was on."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.portal_process import Portal
from tests.soak.tally import Tally

SAID_SECONDS = 15.0
"""Until the portal says what is so."""
GOOD_SECONDS = 30.0
"""Until all is well again."""
AFTERMATH_SECONDS = 15.0
"""What goes wrong so soon after a fault is laid to its charge."""
GIVEN_UP = 2
"""Times its bound, and what is waited for never comes."""
MOST_PATIENCE = 4.0
LOOK_SECONDS = 0.05


class Spoiled(Exception):
    """This attempt can't go on; the student begins another."""


def patience() -> float:
    """How much longer anything may take on a machine as busy as this one is now."""
    return min(MOST_PATIENCE, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


@dataclass
class Stage:
    """Shared by all threads."""

    portal: Portal
    runtime: SandboxRuntime
    tally: Tally
    lines: str
    """What the lab types into pyspark."""
    ended: threading.Event = field(default_factory=threading.Event)
    """Nobody begins anything new."""
    faults: list[tuple[float, float, str]] = field(default_factory=list)
    """When each began and ended, and whose it was: a session's name, or none for everybody's."""

    @contextlib.contextmanager
    def fault(self, session: str = "") -> Iterator[None]:
        """A fault is on for as long as this lasts."""
        spell = len(self.faults)
        self.faults.append((time.monotonic(), float("inf"), session))
        try:
            yield
        finally:
            self.faults[spell] = (self.faults[spell][0], time.monotonic(), session)

    def was_disturbed(self, session: str, since: float) -> bool:
        """Whether a fault of this session or of everybody was on since then, or just before."""
        after = AFTERMATH_SECONDS * patience()
        return any(
            ended + after >= since
            for _, ended, whose in list(self.faults)
            if whose in ("", session)
        )

    def within(self, seconds: float, what: str, condition: Callable[[], Any]) -> None:
        """Wait; count it when it comes late. Raises Spoiled when it doesn't come at all."""
        bound, began = seconds * patience(), time.monotonic()
        while not condition():
            if time.monotonic() - began > GIVEN_UP * bound:
                self.tally.note("never", f"{what}: not in {time.monotonic() - began:.0f} s")
                raise Spoiled(what)
            time.sleep(LOOK_SECONDS)
        if (took := time.monotonic() - began) > bound:
            self.tally.note("late", f"{what}: after {took:.1f} s instead of {bound:.0f} s")
