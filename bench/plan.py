"""A term on paper: how many hosts so many students need, and how long they wait.

Simulated from what was measured of one host. Classes meet by their timetable, and everybody comes
in the first minutes; in between people work when it suits them. No host is started for this.
"""

import heapq
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.asked import Asked
from bench.figures import Figure, percentile
from bench.host import HostFigures, seats

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86400.0, 604800.0
COHORTS = (100, 1_000, 10_000)
WAIT_SECONDS = 5.0
"""Enough hosts are those with which the p95 of waiting is less."""
KEPT = Path(__file__).resolve().parents[1] / "var" / "bench" / "seats.json"


@dataclass(frozen=True, slots=True)
class Term:
    """Who comes when."""

    students: int
    weeks: int = 15
    class_size: int = 30
    class_hours: tuple[float, ...] = (9, 11, 14, 16)
    arrive_seconds: float = 3 * MINUTE
    """A class comes within so long."""
    at_work_seconds: float = 75 * MINUTE
    lingers_seconds: float = 60 * MINUTE
    """A session that nobody uses any more ends so long after; it sleeps meanwhile."""
    alone_a_week: float = 1.0
    """Sessions of each student outside of class."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One launch."""

    at: float
    seconds: float
    """At work."""
    seat: int | None = None
    """Which of its class's; None for whoever works alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a term came to."""

    in_class: tuple[float, ...]
    """From each click to its cluster, in seconds, the claim or the start included."""
    alone: tuple[float, ...]
    """The same of those who come in between."""
    busiest: int
    """Most sessions at work at once."""

    @property
    def p95(self) -> float:
        """Of those in class, in seconds."""
        return percentile(self.in_class, 95)

    @property
    def p95_alone(self) -> float:
        """Of the others."""
        return percentile(self.alone or (0.0,), 95)


def measure(asked: Asked) -> list[Figure]:
    """Hosts for each cohort, with the p95 of waiting; and the seats of one host."""
    host = measured()
    one = seats(host)
    found = [Figure("seats of one host, on paper", "", (float(one),))]
    if (seen := seats_seen()) is not None:
        filled = seats(replace(host, start_every=kept_figures().get("from one to the next", 0.0)))
        found += [
            Figure("the same while they come as they did", "", (float(filled),)),
            Figure("seats of one host, seen", "", (seen,)),
            Figure("paper by seen", "", (filled / seen,)),
        ]
    for students in (asked.students,) if asked.students else COHORTS:
        term = Term(students)
        for pool in (0, term.class_size):
            hosts, outcome = hosts_for(term, replace(host, pool=pool), one)
            what = f"{students:,} students, a pool of {pool}"
            found += [
                Figure(f"hosts, {what}", "", (float(hosts),)),
                Figure(f"p95 from click to cluster in class, {what}", "s", (outcome.p95,)),
                Figure(f"p95 outside of class, {what}", "s", (outcome.p95_alone,)),
                Figure(f"most at work at once, {what}", "", (float(outcome.busiest),)),
            ]
    return found


def measured() -> HostFigures:
    """What `seats` has kept of this machine; what is known of two cores where it has not run."""
    kept, known = kept_figures(), HostFigures()
    session = kept.get("memory a session", known.session_mb)
    return replace(
        known,
        memory_mb=kept.get("memory for sessions", known.memory_mb),
        session_mb=session,
        asleep_mb=session,
        step_seconds=kept.get("processor time a step", known.step_seconds),
        start_work=kept.get("processor time a start", known.start_work),
        rest_share=kept.get("processors a session at rest", known.rest_share),
    )


def seats_seen() -> float | None:
    """How many seats the bench found, if it ran until they were full."""
    return kept_figures().get("seats")


def kept_figures() -> dict[str, float]:
    """The medians of the last run of `seats`, by what they are of."""
    if not KEPT.exists():
        return {}
    return {each["what"]: each["median"] for each in json.loads(KEPT.read_text())["figures"]}


# -- many


def hosts_for(term: Term, host: HostFigures, one: int) -> tuple[int, Outcome]:
    """The fewest hosts with which nobody waits long and no host has more at work than its seats."""
    visits = sorted(visits_of(term), key=lambda each: each.at)

    def suffices(hosts: int) -> bool:
        outcome = simulate(visits, term, host, hosts)
        return (
            max(outcome.p95, outcome.p95_alone) <= WAIT_SECONDS and outcome.busiest <= hosts * one
        )

    high = 1
    while not suffices(high):
        high *= 2
    low = high // 2 + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle + 1, high)
    return low, simulate(visits, term, host, low)


def visits_of(term: Term, seed: int = 7) -> Iterator[Visit]:
    """Everybody's launches: each class once a week at its hour, and each student alone."""
    chance = random.Random(seed)
    classes = [term.class_size] * (term.students // term.class_size)
    classes += [rest] if (rest := term.students % term.class_size) else []
    slots = [day * DAY + hour * HOUR for day in range(5) for hour in term.class_hours]
    for week in range(term.weeks):
        for number, size in enumerate(classes):
            begins = week * WEEK + slots[number % len(slots)]
            for seat in range(size):
                at = begins + chance.uniform(0, term.arrive_seconds)
                seconds = term.at_work_seconds * chance.uniform(0.8, 1.2)
                yield Visit(at, seconds, seat)
        for _ in range(round(term.students * term.alone_a_week)):
            # From eight in the morning till midnight, every day of the week.
            at = week * WEEK + chance.randrange(7) * DAY + chance.uniform(8, 24) * HOUR
            yield Visit(at, term.at_work_seconds * chance.uniform(0.3, 1.2))


def simulate(visits: list[Visit], term: Term, host: HostFigures, hosts: int) -> Outcome:
    """Everybody in the order in which they come, each to the next host in turn."""
    free = hosts * host.memory_mb
    ends: list[tuple[float, float]] = []
    """When memory is given back, and how much."""
    work: list[float] = []
    starts = [[0.0] * host.processors for _ in range(hosts)]
    waits: dict[bool, list[float]] = {True: [], False: []}
    busiest, turn = 0, 0
    for visit in visits:
        place, free = place_at(visit.at, ends, free, host.session_mb)
        turn = (turn + 1) % hosts
        if visit.seat is not None and visit.seat < host.pool:
            ready = place + host.claim_seconds
        else:
            server = min(range(host.processors), key=starts[turn].__getitem__)
            ready = max(place, starts[turn][server]) + host.launch_seconds
            starts[turn][server] = ready
        waits[visit.seat is not None].append(ready - visit.at)
        leaves = ready + visit.seconds
        heapq.heappush(ends, (leaves, host.session_mb - host.asleep_mb))
        heapq.heappush(ends, (leaves + term.lingers_seconds, host.asleep_mb))
        while work and work[0] <= ready:
            heapq.heappop(work)
        heapq.heappush(work, leaves)
        busiest = max(busiest, len(work))
    return Outcome(tuple(waits[True]), tuple(waits[False]), busiest)


def place_at(
    at: float, ends: list[tuple[float, float]], free: float, needs: float
) -> tuple[float, float]:
    """When there is memory for one more, and what is free after it has taken it."""
    while ends and ends[0][0] <= at:
        free += heapq.heappop(ends)[1]
    while free < needs and ends:
        at, given = heapq.heappop(ends)
        free += given
    return at, free - needs
