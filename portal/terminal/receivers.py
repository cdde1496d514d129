"""What other apps tell of sessions, and the relay of what went on in their terminals."""

import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections, transaction
from redis.exceptions import RedisError

from portal.activities.models import Session
from portal.engine.commands import CommandRan
from portal.live import streams
from portal.live.connection import connect
from portal.live.terminals import Terminal
from portal.terminal import casts, services
from portal.terminal.consent import news_key
from portal.terminal.models import Recording
from portal.terminal.passing import consider

log = logging.getLogger(__name__)
AT_ONCE, WAITING = 8, 100
"""Lines that are looked into beside this host's clusters."""
_waiting = threading.BoundedSemaphore(WAITING)
_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="typed")


def tell_pages(sender: object, session_id: str, **others: Any) -> None:
    """A session has changed: pages with its terminals look whether the cluster is another."""
    with contextlib.suppress(OSError, RedisError):
        connect().publish(streams.channel(news_key(session_id)), "")


def keep_typed(
    sender: object, session: Session, terminal: Terminal, ran: CommandRan, **others: Any
) -> None:
    """Keep what was typed, and see which step it does; the relay must not wait for that."""
    row = services.keep_typed(session, terminal, ran)
    if row is None:
        return
    if not _waiting.acquire(blocking=False):
        log.warning("too much is typed to look into all of it: a line passes no step")
        return
    _pool.submit(look_into, row.pk)


def look_into(pk: int) -> None:
    """See which step a line does."""
    try:
        tell_pages(None, session_id=consider(pk).session_id)
    except Exception:
        log.exception("what was typed could not be looked into")
    finally:
        _waiting.release()
        close_old_connections()


def keep_recording(
    sender: object, session: Session, terminal: Terminal, epoch: str, cast: bytes, **others: Any
) -> None:
    """Keep what a terminal has shown; where it can't be, more of it is kept next time."""
    try:
        services.keep_recording(session, terminal, epoch, cast)
    except casts.CastAway as away:
        log.warning("a recording of %s was not kept: %s", terminal.key, away)


def remove_recording(sender: object, instance: Recording, **others: Any) -> None:
    """A recording goes with its row, once that is surely gone."""
    transaction.on_commit(lambda: casts.remove(instance.store))
