"""What is known of a host's worker, and of its relay: is one up, and how did the last one end?

Whoever watches over them writes it, into Redis; the reconciler and the page of hosts read it.
It holds for a process that can't speak for itself any more.
"""

import contextlib
import json
from dataclasses import asdict, dataclass

from redis.exceptions import RedisError

from portal.live.connection import connect

STOOD_STILL = "stood-still"
KILLED = "killed"
STOPPED = "stopped"
ENDED = "ended"


WORKER, RELAY = "worker", "relay"
"""The parts that are watched over."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A host's worker, or its relay. Moments are seconds since the epoch; 0 for none."""

    up_since: float = 0.0
    """Since when one is up; none is while this is 0."""
    ended_at: float = 0.0
    """When the one before it had ended."""
    why: str = ""
    """How: stood-still, killed, stopped (as it was told to), or ended (by itself)."""


def key(host: str, part: str = WORKER) -> str:
    """Where it is noted."""
    return f"{part}:{host}"


def note(host: str, worker: Worker, part: str = WORKER) -> None:
    """Write it down. Raises RedisError."""
    connect().set(key(host, part), json.dumps(asdict(worker)))


def worker_of(host: str, part: str = WORKER) -> Worker:
    """What was noted last; nothing while Redis is away, or where nobody watches."""
    with contextlib.suppress(RedisError, OSError, ValueError, TypeError):
        found = connect().get(key(host, part))
        return Worker(**json.loads(found)) if found else Worker()
    return Worker()
