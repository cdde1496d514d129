"""The session page's socket: its streams, and word of every change."""

import asyncio
import contextlib
import logging
import time
from typing import Any
from urllib.parse import urlsplit

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error
from django.http import Http404
from django.utils import timezone
from redis.exceptions import RedisError

from portal.activities import keys, orders
from portal.activities.announce import group_name
from portal.activities.models import Session
from portal.activities.permissions import get_visible_session
from portal.activities.services import sessions
from portal.live.consumers import TRY_AGAIN, StreamConsumer
from portal.live.ending import end

log = logging.getLogger(__name__)
WATCH_SECONDS = 10.0
NOT_FOUND = 4404


class SessionConsumer(StreamConsumer):
    """Follows a session's logs, topics and steps. Names: `log:SERVICE`, `topic:TOPIC:PARTITION`,
    `step:RUN`, and what apps add."""

    session: Session
    watch: asyncio.Task[None] | None = None
    noted_at = 0.0

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.changed = asyncio.Event()

    async def authorise(self) -> bool:
        try:
            self.session = await visible_session(self.scope)
        except Http404:
            return False
        return is_own_origin(dict(self.scope.get("headers", ())))

    async def joined(self) -> None:
        try:
            await self.channel_layer.group_add(group_name(self.session.pk), self.channel_name)
        except (OSError, RedisError) as error:
            log.warning("a page of session %s waits: %s", self.session.pk, error)
            await self.close(code=TRY_AGAIN)
            return
        self.watch = asyncio.create_task(self.keep(self.keep_telling()))

    async def left(self) -> None:
        if self.watch is not None:
            await end(self.watch)
            with contextlib.suppress(OSError, RedisError):
                await self.channel_layer.group_discard(
                    group_name(self.session.pk), self.channel_name
                )
        await super().left()

    async def session_changed(self, event: dict[str, Any]) -> None:
        """Only noted: a client that doesn't read must not hold up what else there is for it."""
        self.changed.set()

    async def keep_telling(self) -> None:
        """Tell the state, then each change; now and then look whether word of one was lost."""
        is_news = True
        while await self.tell_changes(is_news):
            await self.note_watched()
            try:
                await asyncio.wait_for(self.changed.wait(), WATCH_SECONDS)
                is_news = True
            except TimeoutError:
                is_news = False

    async def note_watched(self) -> None:
        """Now and then: somebody has it open, and these are the topics that they watch."""
        if time.monotonic() - self.noted_at < WATCH_SECONDS:
            return
        self.noted_at = time.monotonic()
        try:
            await self._say_watched()
        except (OSError, RedisError, Error) as error:
            log.warning("session %s is watched, but that can't be noted: %s", self.session, error)

    @database_sync_to_async
    def _say_watched(self) -> None:
        orders.come(self.session)
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

    async def tell_changes(self, is_news: bool) -> bool:
        """Say what the session is now, and follow what its streams are now.

        False for a client that was sent away: it may not see the session any more, or whether it
        may isn't known.
        """
        self.changed.clear()
        before = self.session.revision
        try:
            self.session = await visible_session(self.scope)
            for name in await self._replaced():
                await self.restart(name)
            if self.session.revision != before or is_news:
                await self.tell_state()
        except Http404:
            await self.close(code=NOT_FOUND)
            return False
        except (OSError, RedisError, Error) as error:
            log.warning("a page of session %s waits: %s", self.session.pk, error)
            await self.close(code=TRY_AGAIN)
            return False
        return True

    async def _replaced(self) -> list[str]:
        """The followed names that stand for other streams than they did."""
        # Looked at from here alone: while the thread asks, the client may unfollow one.
        names = {name: each.key for name, each in self.followed.items() if name[:5] != "step:"}
        found = await database_sync_to_async(self._keys_of)(list(names))
        return [name for name, key in names.items() if key != found[name]]

    def _keys_of(self, names: list[str]) -> dict[str, str | None]:
        return {name: self._key_of(name) for name in names}

    async def tell_state(self) -> None:
        """The page's cue to fetch what has changed, and what there is to follow."""
        told = await database_sync_to_async(self._topics)()
        await self.tell({"type": "state", "revision": self.session.revision, **told})

    def _topics(self) -> dict[str, Any]:
        names = keys.topic_names(self.session)
        return {
            "topics": keys.partitions_by_topic(self.session, names),
            "conditions": keys.conditions(self.session),
        }

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
                if not keys.is_known(self.session, topic) or not partition.isdecimal():
                    return None
                self._want(stream)
                return keys.topic_key(self.session, topic, int(partition))
        return keys.key_in(self.session, kind, rest)


async def visible_session(scope: Any) -> Session:
    """The session that a socket's address names, for whoever has opened it. Raises Http404.

    The login is looked up anew each time, so that a logout, a changed password or a demotion ends
    the socket.
    """
    login = scope["session"]
    user = await get_user({"session": login.__class__(login.session_key)})
    session_id = scope["url_route"]["kwargs"]["session_id"]
    found: Session = await database_sync_to_async(get_visible_session)(user, session_id)
    return found


def is_own_origin(headers: dict[bytes, bytes]) -> bool:
    """Whether a page of the portal itself asks: another port of this machine is not it.

    A client that names no origin is no browser, or was refused before.
    """
    origin, host = headers.get(b"origin"), headers.get(b"host")
    if origin is None or host is None:
        return True
    allowed = {host.decode("latin-1"), urlsplit(settings.ADDRESS).netloc}
    return urlsplit(origin.decode("latin-1")).netloc in allowed
