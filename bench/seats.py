"""How many students one machine seats: week 10 at a class's pace, more and more of them.

Each does a step every 30 to 90 s. They come one after the other, until a step's p95 is twice that
of one who is alone, or all are there. The students are threads on the same machine, so what they
take is taken from it. The same is then done by hand, with a compose cluster for each.
"""

import contextlib
import random
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from bench import crowd
from bench.asked import Asked
from bench.by_hand import by_hand
from bench.figures import Figure, percentile
from tests.soak.pupil import STEPS

STUDENTS, MINUTES = 60, 30.0
PACE_SECONDS = (30.0, 90.0)
ALONE_LAPS = 2
WARM_SECONDS, REST_SECONDS = 20.0, 30.0
RAMP = 0.7
"""Of the time; then all are there."""
BAND = 10
"""The last so many to come: with all of them there, as far as that can be told."""
ENOUGH_STEPS = 60
"""With fewer a single one is the p95."""
TWICE = 2.0
AT_LEAST = "seats, at least"
"""Where all had come, or the time was over, before steps were slow."""
STAT = Path("/proc/stat")
TICKS = 100.0
FAULTS = (RuntimeError, AssertionError, OSError, subprocess.SubprocessError)


class Pupil(Protocol):
    """Somebody with a cluster; each of these raises when it can't be done."""

    @property
    def session(self) -> str:
        """What the cluster is called."""

    def click(self) -> float:
        """Ask for a cluster; seconds until it is ready."""

    def listening(self) -> AbstractContextManager[None]:
        """What changes is seen."""

    def do(self, step: str, /) -> float:
        """Do a step of week 10; seconds until it is done."""


@dataclass
class Room:
    """Who is at work, and how long each step took with how many of them."""

    ended: threading.Event = field(default_factory=threading.Event)
    at_work: int = 0
    took: list[tuple[int, float]] = field(default_factory=list)
    """How many were at work, and seconds."""
    launches: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def come(self, pupil: Pupil, seed: int) -> None:
        """One student, from the click on Launch until all ends."""
        with self.troubles_of(pupil):
            self.launches.append(pupil.click())
            with pupil.listening():
                pupil.do("topic")
            self.stay(pupil, seed)

    def stay(self, pupil: Pupil, seed: int) -> None:
        """One who has a cluster with a topic."""
        chance = random.Random(seed)
        with self.lock:
            self.at_work += 1
        with self.troubles_of(pupil), pupil.listening():
            while True:
                for step, _ in STEPS:
                    if self.ended.wait(chance.uniform(*PACE_SECONDS)):
                        return
                    self.took.append((self.at_work, pupil.do(step)))

    @contextlib.contextmanager
    def troubles_of(self, pupil: Pupil) -> Iterator[None]:
        """Whose step fails leaves, and that is told."""
        try:
            yield
        except FAULTS as error:
            self.troubles.append(f"{pupil.session}: {error!r}")

    def is_slow(self, alone: float) -> bool:
        """Whether the steps of who is there now take twice as long as alone."""
        now = [seconds for there, seconds in list(self.took) if there > self.at_work - BAND]
        return len(now) >= ENOUGH_STEPS and percentile(now, 95) > TWICE * alone


def measure(asked: Asked) -> list[Figure]:
    """The portal's students, and then as many without it, each with a compose cluster."""
    students, minutes = asked.students or STUDENTS, asked.minutes or MINUTES
    # A line would keep the machine from ever being full.
    with crowd.portal(SLUICE_SLEEP_MINUTES="0", SLUICE_BUSY_PERCENT="101") as portal:
        found = seated(crowd.pupils(portal, students), minutes)
    with by_hand(students) as others:
        return found + [
            replace(each, what=f"compose: {each.what}") for each in seated(others, minutes)
        ]


def seated(pupils: Sequence[Pupil], minutes: float) -> list[Figure]:
    """One alone, then all that the machine bears."""
    empty = crowd.available_mb()
    first = alone(pupils[0])
    p95 = percentile(first.took, 95)
    room = Room()
    threads = fill(room, pupils, 60 * minutes, p95)
    full, is_full = crowd.available_mb(), room.is_slow(p95)
    room.ended.set()
    for each in threads:
        each.join(timeout=200)
    for trouble in room.troubles:
        print(trouble[:300])
    there = room.at_work
    steps = [seconds for _, seconds in room.took] or first.took
    return [
        Figure("seats" if is_full else AT_LEAST, "", (float(seats_of(room.took, p95)),)),
        Figure("at work in the end", "", (float(there),)),
        Figure("steps that failed", "", (float(len(room.troubles)),)),
        Figure("a step, alone", "s", tuple(first.took)),
        Figure("a step, alone, p95", "s", (p95,)),
        Figure("a step, all", "s", tuple(steps)),
        Figure("a step, all, p95", "s", (percentile(steps, 95),)),
        Figure("a step, everybody there, p95", "s", (percentile(last(room.took, there), 95),)),
        Figure("click to ready page", "s", tuple(room.launches) or (0.0,)),
        Figure("memory a session", "MB", ((empty - full) / there,)),
        Figure("memory for sessions", "MB", (empty,)),
        Figure("processor time a step", "s", (first.work,)),
        Figure("processor time a start", "s", (first.start,)),
        Figure("processors a session at rest", "", (first.rest,)),
        Figure("from one to the next", "s", (between(60 * minutes, len(pupils)),)),
    ]


@dataclass(frozen=True, slots=True)
class Alone:
    """What one takes while nobody else is there: seconds of each step, and processors' time."""

    took: list[float]
    work: float
    """For a step, on average."""
    start: float
    rest: float
    """Of a processor, all the time; what the portal does for nobody is in it."""


def alone(pupil: Pupil) -> Alone:
    """What steps take while nobody else is there, and the processors' time for each."""
    began = busy_seconds()
    pupil.click()
    took = []
    with pupil.listening():
        pupil.do("topic")
        time.sleep(WARM_SECONDS)  # Pyspark starts, and does ahead what the first lines need.
        start, began = busy_seconds() - began, busy_seconds()
        time.sleep(REST_SECONDS)
        rest = (busy_seconds() - began) / REST_SECONDS
        for step, _ in STEPS:  # The first lap has pyspark's first lines and Java's cold code.
            pupil.do(step)
        began = busy_seconds()
        for _ in range(ALONE_LAPS):
            took += [pupil.do(step) for step, _ in STEPS]
    work = (busy_seconds() - began) / len(took)
    return Alone(took, work, start - rest * WARM_SECONDS, rest)


def fill(
    room: Room, pupils: Sequence[Pupil], seconds: float, alone: float
) -> list[threading.Thread]:
    """Have them come, one after the other, as long as steps are not slow; the first is there."""
    until = time.monotonic() + seconds
    pause = between(seconds, len(pupils))
    threads = [threading.Thread(target=room.stay, args=(pupils[0], 0), daemon=True)]
    threads[0].start()
    for number, pupil in enumerate(pupils[1:], 1):
        time.sleep(pause)
        if time.monotonic() > until or room.is_slow(alone):
            break
        each = threading.Thread(target=room.come, args=(pupil, number), daemon=True)
        each.start()
        threads.append(each)
    while time.monotonic() < until and not room.is_slow(alone):
        time.sleep(1)
    return threads


def between(seconds: float, students: int) -> float:
    """From one who comes to the next."""
    return RAMP * seconds / students


def last(took: list[tuple[int, float]], there: int) -> list[float]:
    """The steps while all but a few of the last had come."""
    return [seconds for at_work, seconds in took if at_work > there - BAND] or [0.0]


def seats_of(took: list[tuple[int, float]], alone: float) -> int:
    """With how many at work the p95 of their steps was still within twice that of one alone."""
    best = 1
    for most in sorted({at_work for at_work, _ in took}):
        steps = last([each for each in took if each[0] <= most], most)
        if len(steps) >= ENOUGH_STEPS and percentile(steps, 95) > TWICE * alone:
            break
        best = most
    return best


def busy_seconds() -> float:
    """What all processors have worked since the machine started, in seconds."""
    fields = [int(each) for each in STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS
