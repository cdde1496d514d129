"""Forget a host that won't come back, and end what was placed on it: an admin's wish."""

import contextlib

from django.db import transaction
from redis.exceptions import RedisError

from portal import clock
from portal.activities import errands, keys, queries, waiting
from portal.activities.models import Host, Session
from portal.activities.services.failing import fail_runs
from portal.activities.services.sessions import tear_down
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterGone
from portal.live.connection import connect

GONE = ClusterGone(
    "The host that this ran on is gone.",
    advice="Launch the lab again: what was recorded stays here to read.",
)


def forget(name: str) -> list[Session]:
    """Remove a silent host's row and end its live sessions; return those.

    Nobody can end their clusters there. Should the host come back after all, its reconciler does:
    it finds clusters of no live session. Raises Host.DoesNotExist, and NotNow for a host that
    answers.
    """
    with transaction.atomic():
        # Locked: a sign of life comes before this, or makes a new row after it.
        host = Host.objects.select_for_update().get(pk=name)
        if not host.is_silent:
            raise NotNow(
                f"{host} answers, so it can't be forgotten. Stop its runner first; it counts as "
                "gone once it has given no sign of life for a while."
            )
        ended = [session for session in queries.on_host(name) if end(session)]
        Host.objects.filter(pk=name).delete()
    drop_queues(host)
    return ended


def end(session: Session) -> bool:
    """End a session whose host is gone, as far as rows go; what was recorded stays.

    False if a worker, which may live though its host is silent, has just ended it.
    """
    tear_down(session, reason="host")
    session.move(SessionStatus.STOPPING)
    fail_runs(session, GONE)
    keys.forget_session(session)
    return session.move(SessionStatus.ENDED, ended_at=clock.now())


def drop_queues(host: Host) -> None:
    """What waits for its worker and its relay is about what was just ended."""
    # While Redis is away it stays, and does nothing to whoever takes it up.
    with contextlib.suppress(RedisError, OSError):
        connect().delete(host.queue, waiting.key(host.name), errands.queue_key(host.name))
