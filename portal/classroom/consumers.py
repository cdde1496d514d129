"""The overview's socket: rows that have changed, a few times a second at most."""

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import parse_qs

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import Http404
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from portal.activities.consumers import is_own_origin
from portal.classroom import overview
from portal.classroom.models import Class
from portal.classroom.permissions import get_taught_class
from portal.classroom.receivers import OVERVIEWS

GATHER_SECONDS = 0.5
"""Changes within this time are sent together: a class of 300 changes all the time."""
WATCH_SECONDS = 10.0
NOT_FOUND, TRY_AGAIN = 4404, 4503


class ClassConsumer(AsyncWebsocketConsumer):
    """Sends the rows of students whose session has changed. Hears nothing from its client."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.changed: set[str] = set()
        self.tasks: list[asyncio.Task[None]] = []
        self.has_news = asyncio.Event()

    async def connect(self) -> None:
        try:
            self.klass = await self.load()
        except Http404:
            await self.close(code=NOT_FOUND)
            return
        if not is_own_origin(dict(self.scope["headers"])):
            await self.close(code=NOT_FOUND)
            return
        asked = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        name = asked.get("lab", [""])[0]
        self.lab = await database_sync_to_async(overview.choose_lab)(self.klass, name)
        try:
            await self.channel_layer.group_add(OVERVIEWS, self.channel_name)
        except (OSError, RedisError):
            await self.close(code=TRY_AGAIN)
            return
        await self.accept()
        self.tasks = [asyncio.create_task(self.send_rows()), asyncio.create_task(self.watch())]

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        with contextlib.suppress(OSError, RedisError):
            await self.channel_layer.group_discard(OVERVIEWS, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(code=4400)

    async def load(self) -> Class:
        """The class, for a login that may see it now. Raises Http404."""
        # The login is looked up anew each time, so that a logout, a changed password or a
        # demotion ends the socket.
        login = self.scope["session"]
        user = await get_user({"session": login.__class__(login.session_key)})
        class_id = self.scope["url_route"]["kwargs"]["class_id"]
        klass: Class = await database_sync_to_async(get_taught_class)(user, class_id)
        return klass

    async def watch(self) -> None:
        """May this client still see it?"""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.load()
            except Http404:
                await self.close(code=NOT_FOUND)
                return

    async def session_changed(self, event: dict[str, Any]) -> None:
        """Some session has changed, of this class or of another."""
        self.changed.add(event["session"])
        self.has_news.set()

    async def send_rows(self) -> None:
        """Gather what has changed, then send it together."""
        while True:
            await self.has_news.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self.has_news.clear()
            changed, self.changed = self.changed, set()
            rows = await database_sync_to_async(self.render)(changed)
            if rows:
                await self.send(text_data=json.dumps({"type": "rows", "rows": rows}))

    def render(self, sessions: set[str]) -> dict[str, str]:
        """The rows as the page has them, by their ids."""
        steps = overview.steps_of(self.lab)
        found = overview.rows(self.klass, self.lab, steps, sessions=sessions)
        return {
            f"row-{row.user_id}": render_to_string("classroom/_row.html", {"row": row})
            for row in found
        }
