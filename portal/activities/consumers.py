"""The session page's socket: its streams, and word of every change."""

import asyncio
import contextlib
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from portal.activities import keys
from portal.activities.announce import group_name
from portal.activities.models import Session
from portal.activities.permissions import get_visible_session
from portal.activities.services import sessions
from portal.live import messages
from portal.live.consumers import StreamConsumer

WATCH_SECONDS = 10.0


class SessionConsumer(StreamConsumer):
    """Follows a session's logs, topics and steps. Names: `log:SERVICE`, `topic:TOPIC:PARTITION`,
    `step:RUN`."""

    session: Session
    watch: asyncio.Task[None] | None = None

    async def authorise(self) -> bool:
        session_id = self.scope["url_route"]["kwargs"]["session_id"]
        try:
            self.session = await self._load(session_id)
        except Http404:
            return False
        return True

    @database_sync_to_async
    def _load(self, session_id: str) -> Session:
        user, login = self.scope["user"], self.scope["session"]
        # Asked anew each time, so that a logout or a demotion ends the socket.
        if not user.is_authenticated or not login.exists(login.session_key):
            raise Http404
        return get_visible_session(get_object_or_404(get_user_model(), pk=user.pk), session_id)

    async def joined(self) -> None:
        await self.channel_layer.group_add(group_name(self.session.pk), self.channel_name)
        await self.tell_state()
        self.watch = asyncio.create_task(self.keep_watching())

    async def disconnect(self, code: int) -> None:
        if self.watch is not None:
            self.watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.watch
            await self.channel_layer.group_discard(group_name(self.session.pk), self.channel_name)
        await super().disconnect(code)

    async def keep_watching(self) -> None:
        """Now and then: may this client still see it, and what does it watch?"""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.session_changed({})
                await self._say_watched()
            except Http404:
                await self.close(code=4404)
                return

    @database_sync_to_async
    def _say_watched(self) -> None:
        if self.session.owner_id == self.scope["user"].pk:
            now = timezone.now()
            Session.objects.filter(pk=self.session.pk).update(last_watched_at=now)
        for name in list(self.followed):
            self._want(name)

    def _want(self, stream: str) -> None:
        kind, _, rest = stream.partition(":")
        if kind == "topic":
            keys.want_topic(self.session, rest.rpartition(":")[0])

    async def on_activity(self, kind: str) -> None:
        if kind == "active" and self.session.owner_id == self.scope["user"].pk:
            await database_sync_to_async(sessions.touch)(self.session)

    async def session_changed(self, event: dict[str, Any]) -> None:
        """Something of the session has changed: say so, and follow a new cluster's streams."""
        before = (self.session.revision, self.session.generation)
        self.session = await self._load(self.session.pk)
        if self.session.generation != before[1]:
            for name in [each for each in self.followed if not each.startswith("step:")]:
                await self.tell(messages.restart(name))
                await self.follow(name, 0)
        if self.session.revision != before[0] or event:
            await self.tell_state()

    async def tell_state(self) -> None:
        """The page's cue to fetch what has changed."""
        topics = await database_sync_to_async(self._topics)()
        await self.tell({"type": "state", "revision": self.session.revision, "topics": topics})

    def _topics(self) -> dict[str, list[int]]:
        spec = self.session.spec
        return {topic: keys.partitions(self.session, topic) for topic in spec.topics}

    async def key_of(self, stream: str) -> str | None:
        key: str | None = await database_sync_to_async(self._key_of)(stream)
        return key

    def _key_of(self, stream: str) -> str | None:
        kind, _, rest = stream.partition(":")
        match kind:
            case "log":
                known = {service.name for service in self.session.spec.services}
                return keys.log_key(self.session, rest) if rest in known else None
            case "step":
                known_run = rest.isdecimal() and self.session.runs.filter(pk=int(rest)).exists()
                return keys.step_key(self.session.pk, int(rest)) if known_run else None
            case "topic":
                topic, _, partition = rest.rpartition(":")
                if topic not in self.session.spec.topics or not partition.isdecimal():
                    return None
                self._want(stream)
                return keys.topic_key(self.session, topic, int(partition))
        return None
