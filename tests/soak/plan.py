"""Which fault comes when, and to whom: the same seed gives the same plan."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

OF_THE_PORTAL = (
    *("kill web", "kill worker", "kill watch", "kill relay", "kill redis"),
    *("pause redis", "pause relay"),
)
"""What everybody feels."""
OF_A_SESSION = (
    *("kill kernel", "kill broker", "kill cluster", "tear down", "reset"),
    *("click twice", "cancel", "flood", "wrong script"),
)
"""What one student does, or meets."""
REST_SECONDS = (2.0, 8.0)
PAUSE_SECONDS = (3.0, 7.0)
"""Shorter than what the portal calls dead."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault."""

    fault: str
    rest: float
    """Seconds of peace before it."""
    student: int
    """Whose session, for a fault of one."""
    pause: float
    """Seconds that what is paused stands still."""


def plan(seed: int, students: int) -> Iterator[Planned]:
    """Faults without end. Each comes once before any comes again."""
    chance = random.Random(seed)
    while True:
        deck = [*OF_THE_PORTAL, *OF_A_SESSION]
        chance.shuffle(deck)
        for fault in deck:
            rest, pause = chance.uniform(*REST_SECONDS), chance.uniform(*PAUSE_SECONDS)
            yield Planned(fault, rest, chance.randrange(students), pause)
