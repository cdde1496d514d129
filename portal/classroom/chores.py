"""What is to be done now and then, by one of the hosts' relays: nobody waits for it."""

import logging
import threading
from typing import Any

from django.db import Error, close_old_connections
from django.utils import timezone
from redis.exceptions import RedisError

from portal.classroom.models import Class
from portal.classroom.services import erasing, retention
from portal.live.connection import connect

log = logging.getLogger(__name__)
KEY, EVERY_SECONDS = "chores", 300
_ended = threading.Event()


def do_all() -> dict[str, int]:
    """Each chore once. Safe to repeat, and to do in two places at the same time."""
    gone, _ = Class.objects.filter(delete_at__lte=timezone.now()).delete()
    return {"erased": erasing.finish_all(), "sessions": retention.apply(), "classes": gone}


def look() -> None:
    """Do them, unless another host has lately."""
    if connect().set(KEY, 1, ex=EVERY_SECONDS, nx=True):
        done = {name: count for name, count in do_all().items() if count}
        if done:
            log.info("chores: %s", done)


def begin(**kwargs: Any) -> None:
    """The relay has started."""
    _ended.clear()
    threading.Thread(target=run, name="chores", daemon=True).start()


def end(**kwargs: Any) -> None:
    """It is about to end."""
    _ended.set()


def run() -> None:
    """Look now and then, until the relay ends."""
    while not _ended.wait(EVERY_SECONDS / 10):
        try:
            look()
        except (Error, RedisError, OSError) as error:
            log.warning("chores: %s", error)
        except Exception:
            # One that can't be done must not keep the others from being tried again.
            log.exception("chores")
        close_old_connections()
