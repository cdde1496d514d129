"""Word that streams have grown, as their scripts publish it: heard once an event loop.

It is beside the channel layer, since whoever appends publishes in the same round trip. A word that
is lost costs time, never content: each subscription counts as one, also after Redis was away.
"""

import asyncio
import contextlib
import logging
import weakref
from collections.abc import AsyncIterator
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from portal.live.ending import end
from portal.live.streams import channel

log = logging.getLogger(__name__)
AGAIN_SECONDS = 0.2
Grew = asyncio.Event


class Listener:
    """One subscriber for all that is followed in one event loop."""

    def __init__(self) -> None:
        self.waiting: dict[str, set[Grew]] = {}
        """By channel, what is set when it speaks."""
        self.pubsub: Any = None
        self.task: asyncio.Task[None] | None = None
        self.changing = asyncio.Lock()

    async def add(self, name: str, grew: Grew) -> None:
        """Set this event whenever the channel speaks."""
        is_new = name not in self.waiting
        self.waiting.setdefault(name, set()).add(grew)
        if self.task is None:
            self.task = asyncio.create_task(self._listen())
        elif is_new:
            await self._say("subscribe", name)

    async def discard(self, name: str, grew: Grew) -> None:
        """No more. The last one ends the subscriber."""
        self.waiting[name].discard(grew)
        if self.waiting[name]:
            return
        del self.waiting[name]
        if self.waiting:
            await self._say("unsubscribe", name)
        elif self.task is not None:
            task, self.task = self.task, None
            await asyncio.shield(end(task))

    async def _say(self, verb: str, *names: str) -> None:
        """To Redis, if it is there; a new connection begins with all the names."""
        async with self.changing:
            if self.pubsub is not None:
                with contextlib.suppress(OSError, RedisError):
                    await getattr(self.pubsub, verb)(*names)

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (OSError, RedisError) as error:
                log.warning("nobody is told of growing streams for a moment: %r", error)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self) -> None:
        async with subscriber() as pubsub:
            async with self.changing:
                await pubsub.subscribe(*self.waiting)
                self.pubsub = pubsub
            try:
                async for message in pubsub.listen():
                    for grew in self.waiting.get(message["channel"].decode(), ()):
                        grew.set()
            finally:
                # Another may have begun meanwhile.
                if self.pubsub is pubsub:
                    self.pubsub = None


@contextlib.asynccontextmanager
async def subscriber() -> AsyncIterator[Any]:
    """A connection that fails at once when Redis goes: it is for its user to begin anew."""
    retry = Retry(NoBackoff(), 0)
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, retry=retry)
    async with client, client.pubsub() as pubsub:
        yield pubsub


_listeners: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Listener]" = (
    weakref.WeakKeyDictionary()
)


@contextlib.asynccontextmanager
async def heard(key: str, grew: Grew) -> AsyncIterator[None]:
    """While this lasts, the event is set whenever the stream of that key has grown."""
    listener = _listeners.setdefault(asyncio.get_running_loop(), Listener())
    await listener.add(channel(key), grew)
    try:
        yield
    finally:
        await listener.discard(channel(key), grew)
