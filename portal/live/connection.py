"""Connections to Redis: one pool a process, one for each event loop."""

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Iterator
from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

ANSWER_SECONDS = 15.0
"""For what Redis answers at once, on a machine with much to do. Its client's own limit is 5 s."""

_ended = threading.Event()


@contextlib.contextmanager
def ended() -> Iterator[None]:
    """The portal is over and Redis with it: while this lasts nobody waits for it."""
    _ended.set()
    try:
        yield
    finally:
        _ended.clear()


def has_ended() -> bool:
    """Whether Redis is known to be over."""
    return _ended.is_set()


@lru_cache(maxsize=1)
def connect() -> "redis.Redis":
    """The process's client, for threads."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, health_check_interval=30
    )


@lru_cache(maxsize=4)
def connect_patiently(seconds: float) -> "redis.Redis":
    """As `connect`, for reads that may block for so long: whoever waits decides, not the socket.

    It asks nothing again by itself: what it takes out of a list is there only once.
    """
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=seconds + ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


_async_clients: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis]" = (
    weakref.WeakKeyDictionary()
)


def connect_async() -> "redis.asyncio.Redis":
    """The running loop's client, for coroutines."""
    loop = asyncio.get_running_loop()
    if loop not in _async_clients:
        _async_clients[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=ANSWER_SECONDS
        )
    return _async_clients[loop]
