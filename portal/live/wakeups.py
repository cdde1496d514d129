"""Wake-ups through the channel layer: "there is more". Losing one costs time, never content."""

import asyncio
import logging
import threading
from concurrent.futures import TimeoutError as NotInTime
from functools import lru_cache
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from portal.live.connection import has_ended

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 5.0


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """The process's loop for wake-ups, which keeps its connection: a loop for each costs 2 ms."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="wake-ups").start()
    return loop


def wake(group: str, message: dict[str, Any]) -> None:
    """Send a message to a group. Redis being away is no failure of the caller's."""
    layer = get_channel_layer()
    if layer is None or has_ended():
        return
    sent = asyncio.run_coroutine_threadsafe(layer.group_send(group, message), _loop())
    try:
        sent.result(PATIENCE_SECONDS)
    except (RedisError, OSError, NotInTime) as error:
        sent.cancel()
        log.warning("nobody was told of %s: %r", group, error)
