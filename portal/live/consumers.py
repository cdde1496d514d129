"""The one socket consumer: follows streams from cursors, as fast as its client reads.

Word that a stream grew only sets a flag; each followed stream has one loop that reads from its
cursor and sends.
A client that doesn't read holds up its own loops and nothing else: what waits for it waits in
Redis, bounded there.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from pydantic import ValidationError
from redis.exceptions import RedisError

from portal.live import growth, messages, streams
from portal.live.ending import end

log = logging.getLogger(__name__)
MAX_FOLLOWED = 64
TRY_AGAIN = 1013
LARGEST = 1 << 16
"""Characters of the longest message that a client has reason to send."""
RECHECK_SECONDS = 5.0
"""What a word that was lost costs at most."""


@dataclass
class Followed:
    """One stream that a client follows."""

    name: str
    key: str
    after: int
    grew: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class StreamConsumer(AsyncWebsocketConsumer):
    """Subclasses say who may connect, and which key a stream's name stands for."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.followed: dict[str, Followed] = {}
        self.following = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.left()
            await self.give_up_channel()

    async def authorise(self) -> bool:
        """Whether this client may connect."""
        raise NotImplementedError

    async def key_of(self, stream: str) -> str | None:
        """The key that a stream's name stands for now; None for a stream it may not have."""
        raise NotImplementedError

    async def joined(self) -> None:
        """Called once the client is in."""

    async def left(self) -> None:
        """Called once at the end; after an error, too, which comes without a disconnect."""
        for name in list(self.followed):
            await self.unfollow(name)

    async def give_up_channel(self) -> None:
        """Have the channel layer forget this connection.

        It does when waiting for a message is cancelled; where one had come already, channels does
        not wait, and the layer would keep the channel and all that came for it.
        """
        name = getattr(self, "channel_name", "")
        while name in getattr(self.channel_layer, "channels", ()):
            waiting = asyncio.ensure_future(self.channel_layer.receive(name))
            if not (await asyncio.wait([waiting], timeout=0))[0]:
                await end(waiting)

    async def on_activity(self, kind: str) -> None:
        """Called when the client tells that somebody uses the page."""

    async def connect(self) -> None:
        if not await self.authorise():
            await self.close(code=4404)
            return
        await self.accept()
        await self.joined()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            if len(text_data or "") > LARGEST:
                raise ValueError("a message that no page sends")
            message = messages.client_message.validate_json(text_data or "")
        except (ValidationError, ValueError):
            await self.close(code=4400)
            return
        match message:
            case messages.Follow(stream=stream, after=after, epoch=epoch):
                await self.follow_or_close(stream, after, epoch)
            case messages.Unfollow(stream=stream):
                await self.unfollow(stream)
            case messages.Activity(type=kind):
                await self.on_activity(kind)

    async def tell(self, message: dict[str, Any]) -> None:
        """Send one message."""
        await self.send(text_data=json.dumps(message))

    async def follow_or_close(self, stream: str, after: int, epoch: str) -> None:
        """A client that is sent away while Redis is comes back to where it stood."""
        try:
            await self.follow(stream, after, epoch)
        except (OSError, RedisError) as error:
            log.warning("%s can't be followed: %s", stream, error)
            await self.close(code=TRY_AGAIN)

    async def follow(self, stream: str, after: int, epoch: str = "") -> None:
        """Start, or start again from another cursor; from the beginning for one that is stale."""
        # One at a time: of two that ask for a stream at once, the second replaces the first.
        async with self.following:
            await self._unfollow(stream)
            await self._follow(stream, after, epoch)

    async def _follow(self, stream: str, after: int, epoch: str) -> None:
        if len(self.followed) >= MAX_FOLLOWED:
            await self.tell(messages.refused(stream, "Too many streams on one page."))
            return
        key = await self.key_of(stream)
        if key is None:
            await self.tell(messages.refused(stream, "There is no such stream."))
            return
        if epoch and epoch != streams.epoch(key):
            await self.tell(messages.restart(stream, streams.epoch(key)))
            after = 0
        followed = Followed(stream, key, after)
        self.followed[stream] = followed
        followed.task = asyncio.create_task(self.keep(self.pump(followed)))

    async def restart(self, stream: str) -> None:
        """What a client followed is another stream now: say so, and begin with that."""
        if stream in self.followed:
            followed = self.followed[stream]
            await self.follow(stream, followed.after, streams.epoch(followed.key))

    async def unfollow(self, stream: str) -> None:
        """Stop. Not followed is success."""
        async with self.following:
            await self._unfollow(stream)

    async def _unfollow(self, stream: str) -> None:
        followed = self.followed.pop(stream, None)
        if followed is not None and followed.task is not None:
            await end(followed.task)

    async def keep(self, loop: Coroutine[Any, Any, None]) -> None:
        """Run one of the socket's loops. One that fails ends the socket: a client that is sent
        away comes back to where it stood, while one that is left waits for ever."""
        try:
            await loop
        except OSError as error:
            log.info("a client left: %r", error)
        except Exception:
            log.exception("a loop of a socket failed")
            with contextlib.suppress(Exception):
                await self.close(code=TRY_AGAIN)

    async def pump(self, followed: Followed) -> None:
        """Send what follows the cursor, then wait for more."""
        async with growth.heard(followed.key, followed.grew):
            while True:
                followed.grew.clear()
                is_more = await self.send_next(followed)
                if self.followed.get(followed.name) is not followed:
                    return
                if not is_more:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(followed.grew.wait(), RECHECK_SECONDS)

    async def send_next(self, followed: Followed) -> bool:
        """Send what one read finds. False when there is nothing, or nothing to be had now."""
        try:
            batch = await streams.aread(followed.key, followed.after)
        except (OSError, RedisError) as error:
            # Redis is away; the cursor stands, so nothing is lost by waiting.
            log.warning("stream %s: %s", followed.key, error)
            return False
        if not batch.chunks or self.followed.get(followed.name) is not followed:
            return False
        text = messages.entries(followed.name, batch.text, batch.gap, streams.epoch(followed.key))
        await self.send(text_data=text)
        followed.after = batch.last
        return True
