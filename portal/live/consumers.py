"""The one socket consumer: follows streams from cursors, as fast as its client reads.

Wake-ups only set a flag; each followed stream has one loop that reads from its cursor and sends.
A client that doesn't read holds up its own loops and nothing else: what waits for it waits in
Redis, bounded there.
"""

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from pydantic import ValidationError
from redis.exceptions import RedisError

from portal.live import messages, streams

log = logging.getLogger(__name__)
MAX_FOLLOWED = 24
RECHECK_SECONDS = 5.0
"""A lost wake-up costs this much time at most."""


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

    async def authorise(self) -> bool:
        """Whether this client may connect."""
        raise NotImplementedError

    async def key_of(self, stream: str) -> str | None:
        """The key that a stream's name stands for now; None for a stream it may not have."""
        raise NotImplementedError

    async def joined(self) -> None:
        """Called once the client is in."""

    async def on_activity(self, kind: str) -> None:
        """Called when the client tells that somebody uses the page."""

    async def connect(self) -> None:
        if not await self.authorise():
            await self.close(code=4404)
            return
        await self.accept()
        await self.joined()

    async def disconnect(self, code: int) -> None:
        for name in list(self.followed):
            await self.unfollow(name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = messages.client_message.validate_json(text_data or "")
        except ValidationError:
            await self.close(code=4400)
            return
        match message:
            case messages.Follow(stream=stream, after=after):
                await self.follow(stream, after)
            case messages.Unfollow(stream=stream):
                await self.unfollow(stream)
            case messages.Activity(type=kind):
                await self.on_activity(kind)

    async def tell(self, message: dict[str, Any]) -> None:
        """Send one message."""
        await self.send(text_data=json.dumps(message))

    async def follow(self, stream: str, after: int) -> None:
        """Start, or start again from another cursor."""
        await self.unfollow(stream)
        if len(self.followed) >= MAX_FOLLOWED:
            await self.tell(messages.refused(stream, "Too many streams on one page."))
            return
        key = await self.key_of(stream)
        if key is None:
            await self.tell(messages.refused(stream, "There is no such stream."))
            return
        followed = Followed(stream, key, after)
        self.followed[stream] = followed
        await self.channel_layer.group_add(streams.group_name(key), self.channel_name)
        followed.task = asyncio.create_task(self.pump(followed))

    async def unfollow(self, stream: str) -> None:
        """Stop. Not followed is success."""
        followed = self.followed.pop(stream, None)
        if followed is None:
            return
        await self.channel_layer.group_discard(streams.group_name(followed.key), self.channel_name)
        if followed.task is not None:
            followed.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await followed.task

    async def stream_grew(self, event: dict[str, Any]) -> None:
        """A wake-up from the channel layer."""
        for followed in self.followed.values():
            if followed.key == event["key"]:
                followed.grew.set()

    async def pump(self, followed: Followed) -> None:
        """Send what follows the cursor, then wait for more."""
        while True:
            followed.grew.clear()
            try:
                batch = await streams.aread(followed.key, followed.after)
            except (OSError, RedisError) as error:
                # Redis is away; the cursor stands, so nothing is lost by waiting.
                log.warning("stream %s: %s", followed.key, error)
                batch = streams.Batch(())
            if batch.entries:
                await self.tell(messages.entries(followed.name, list(batch.entries), batch.gap))
                followed.after = batch.last
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(followed.grew.wait(), RECHECK_SECONDS)
