"""What one host is, what it takes, and how many work on it at once, on paper."""

import heapq
import random
from dataclasses import dataclass

from bench.figures import percentile

MOST_SEATS = 400
TWICE = 2.0
KINDS = (0.5, 0.6, 0.2, 5.6, 0.5, 0.6, 0.2, 0.2, 1.1, 0.5)
"""What each of week 10's steps takes of the processors, by the mean of all: half of it all goes to
the first lines of a pyspark that was left, and that one of ten is the p95."""
LEAST = 0.05
"""Processors that are left for steps, however many sessions are there."""


@dataclass(frozen=True, slots=True)
class HostFigures:
    """What one host is and takes, as it was measured on two cores and 24 GiB."""

    memory_mb: float = 24 * 1024 - 3 * 1024
    """For clusters: the portal, the system and their caches have the rest."""
    processors: int = 2
    session_mb: float = 731.0
    asleep_mb: float = 731.0
    """The same without swap: nothing is given back."""
    launch_seconds: float = 3.0
    """From a click to a cluster that is ready."""
    start_work: float = 12.0
    """Processor time of a start, pyspark and its warming up included."""
    start_every: float = 0.0
    """Seconds from one start to the next while the others work; 0 where all are there."""
    claim_seconds: float = 0.15
    pool: int = 0
    """So many clusters are ready for each class when it begins."""
    step_seconds: float = 0.9
    """Processor time of a step, on average."""
    rest_share: float = 0.02
    """Of a processor, for a session that is there and does nothing; the portal's part included."""


def seats(host: HostFigures, seed: int = 1) -> int:
    """As many as fit into its memory and keep the p95 of a step within twice that of one alone."""
    by_memory = int(host.memory_mb // host.session_mb)
    alone = step_p95(host, 1, seed)
    low, high = 1, min(MOST_SEATS, max(1, by_memory))
    while low < high:
        middle = (low + high + 1) // 2
        if step_p95(host, middle, seed) <= TWICE * alone:
            low = middle
        else:
            high = middle - 1
    return low


def step_p95(host: HostFigures, students: int, seed: int, steps: int = 4000) -> float:
    """How long a step takes while so many work at a class's pace, on processors that they share.

    Sessions that only are there take theirs first; starts share the rest with steps, but where one
    is alone. Thinking takes 30 to 90 s.
    """
    chance = random.Random(seed)
    left = max(LEAST, host.processors - host.rest_share * students)
    ready = [(chance.uniform(0, 90), number) for number in range(students)]
    heapq.heapify(ready)
    starts = host.start_every if students > 1 and host.start_every else float("inf")
    running: list[tuple[float, float, bool]] = []
    """When each would end if it had had a processor to itself so far, when it began, if a step."""
    now = served = 0.0
    took: list[float] = []
    while len(took) < steps:
        share = min(1.0, left / len(running)) if running else 1.0
        ends = now + (running[0][0] - served) / share if running else float("inf")
        until = min(ends, ready[0][0] if ready else float("inf"), starts)
        served += (until - now) * share
        now = until
        if running and until == ends:
            _, began, is_step = heapq.heappop(running)
            if is_step:
                took.append(now - began)
                heapq.heappush(ready, (now + chance.uniform(30, 90), len(took)))
        elif until == starts:
            heapq.heappush(running, (served + host.start_work, now, False))
            starts += host.start_every
        else:
            heapq.heappop(ready)
            need = host.step_seconds * chance.choice(KINDS)
            heapq.heappush(running, (served + need, now, True))
        if len(running) > 20 * (students + MOST_SEATS):
            return float("inf")  # Starts alone are more than the processors can do.
    return percentile(took, 95)
