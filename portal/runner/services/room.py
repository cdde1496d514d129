"""Whether a host has room for one more: memory and time that are really free, not a count."""

import os
from pathlib import Path

from django.conf import settings

from portal.activities import queries
from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.runner.services.processors import processors, read_pressure

MEMINFO = Path("/proc/meminfo")
MB = 1 << 20
STARTS_EACH, LEAST_STARTS = 2, 4
"""Of what starts at once, each is up as late as the last."""


def read_memory(path: Path) -> dict[str, int]:
    """The kernel's own figures, in bytes; none where it has no such file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    fields = (line.replace(":", "").split() for line in lines)
    return {each[0]: int(each[1]) << 10 for each in fields if each[-1] == "kB"}


def may_start(host: str) -> bool:
    """Whether one more cluster may start: two for each processor, and those are up the sooner."""
    starting = Session.objects.filter(host=host, status=SessionStatus.STARTING).count()
    return starting < max(LEAST_STARTS, STARTS_EACH * (os.cpu_count() or 1))


def is_busy(host: str) -> bool:
    """Whether its processors have no time for one more who works."""
    awake = queries.awake(host)
    return processors.look(read_pressure(), awake)


def free_places(host: str, ready: int = 0) -> int:
    """How many more clusters the host takes, beside those that are about to take their memory.

    So many of them are `ready` in the pool, and have taken it. None while the processors are busy:
    one more would take of everybody's.
    """
    if is_busy(host):
        return 0
    holding = queries.holding_places(host)
    by_count = int(settings.SLUICE_MAX_SESSIONS) - holding
    free = read_memory(MEMINFO).get("MemAvailable")
    if free is None:
        return by_count  # A system that does not tell.
    starting = Session.objects.filter(host=host, status=SessionStatus.STARTING).count()
    by_memory = free // (int(settings.SLUICE_SESSION_MB) * MB) - starting
    # Where nothing runs nothing will make room: then the first has to try.
    return min(by_count, max(by_memory, 0 if holding else 1) + ready)
