"""Connections to Redis: one pool a process, one for each event loop."""

import asyncio
import weakref
from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings


@lru_cache(maxsize=1)
def connect() -> "redis.Redis":
    """The process's client, for threads."""
    return redis.Redis.from_url(settings.REDIS_URL, health_check_interval=30)


_async_clients: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis]" = (
    weakref.WeakKeyDictionary()
)


def connect_async() -> "redis.asyncio.Redis":
    """The running loop's client, for coroutines."""
    loop = asyncio.get_running_loop()
    if loop not in _async_clients:
        _async_clients[loop] = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    return _async_clients[loop]
