"""Which tasks wait in a host's queue, so that the reconciler need not ask for one again.

Marks in Redis, beside the queue itself. One that is lost costs a task that is delivered twice,
which all of them bear; one that is left over is given up after a while, or when the worker starts
anew.
"""

import contextlib
from typing import Any

from celery import signals
from django.conf import settings
from redis.exceptions import RedisError

from portal import clock
from portal.live.connection import connect

GIVEN_UP_SECONDS = 4 * settings.SLUICE_STALE_SECONDS


def note(host: str, name: str, args: tuple[Any, ...]) -> None:
    """A task is put into the queue."""
    with contextlib.suppress(RedisError, OSError):
        connect().hset(key(host), field(name, args), str(clock.time()))


def waits(host: str, name: str, args: tuple[Any, ...]) -> bool:
    """Whether no worker has begun it since."""
    noted = connect().hget(key(host), field(name, args))
    return noted is not None and clock.time() - float(noted) < GIVEN_UP_SECONDS


def oldest_seconds(host: str) -> float:
    """How long the oldest that waits has waited; 0 when none does. Raises RedisError."""
    noted: list[bytes] = connect().hvals(key(host))  # type: ignore[assignment]
    fresh = [age for each in noted if (age := clock.time() - float(each)) < GIVEN_UP_SECONDS]
    return max(fresh, default=0.0)


def begun(host: str, name: str, args: tuple[Any, ...]) -> None:
    """A worker has taken it out."""
    with contextlib.suppress(RedisError, OSError):
        connect().hdel(key(host), field(name, args))


def forget(host: str) -> None:
    """The worker starts anew: what the one before had taken and not begun is lost."""
    with contextlib.suppress(RedisError, OSError):
        connect().delete(key(host))


def key(host: str) -> str:
    """Where a host's marks are."""
    return f"waiting:{host}"


def field(name: str, args: tuple[Any, ...]) -> str:
    """One task's mark."""
    return ":".join((name, *map(str, args)))


@signals.task_prerun.connect
def on_begun(task: Any = None, args: Any = (), **kwargs: Any) -> None:
    """See `begun`."""
    begun(settings.HOST_NAME, task.name, tuple(args))


@signals.worker_ready.connect
def on_ready(**kwargs: Any) -> None:
    """See `forget`."""
    forget(settings.HOST_NAME)
