"""A page's terminals: which there are, who may type, and the one that is shown."""

import asyncio
import contextlib
import logging
import secrets
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error
from django.http import Http404
from pydantic import ValidationError
from redis.exceptions import RedisError

from portal.activities.consumers import NOT_FOUND, is_own_origin, visible_session
from portal.activities.models import Session
from portal.engine.terminals import Size
from portal.live import growth, terminals
from portal.live.consumers import TRY_AGAIN
from portal.live.ending import end
from portal.live.terminals import Terminal
from portal.terminal import consent, messages, queries, services
from portal.terminal.following import Following
from portal.terminal.news import news_of

log = logging.getLogger(__name__)
WATCH_SECONDS = 10.0
LEAVING_SECONDS = 2.0
SETTLE_SECONDS = 3.0
LARGEST_TEXT = 4096
MALFORMED = 4400
MAY_NOT = "You are watching. You can type here once the student lets you."


class TerminalConsumer(AsyncWebsocketConsumer):
    """Its student types; whoever watches may when the student lets them."""

    session: Session
    watch: asyncio.Task[None] | None = None
    show: asyncio.Task[None] | None = None
    shown: Following | None = None
    size = Size.of(24, 80)
    shown_at = 0.0
    """When this page began to show its terminal; long ago for one that came back."""
    is_over = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.tab = secrets.token_hex(8)
        self.changed = asyncio.Event()
        self.consents = False
        """This tab lets others type."""
        self.is_noted = False
        """That somebody else has typed, in what is shown now."""
        self.last_told: dict[str, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.left()

    @property
    def is_owner(self) -> bool:
        """Whether it is the session's student."""
        return bool(self.session.owner_id == self.scope["user"].pk)

    async def connect(self) -> None:
        try:
            self.session = await visible_session(self.scope)
        except Http404:
            await self.close(code=NOT_FOUND)
            return
        if not is_own_origin(dict(self.scope.get("headers", ()))):
            await self.close(code=NOT_FOUND)
            return
        await self.accept()
        self.watch = asyncio.create_task(self.keep(self.keep_telling()))

    async def left(self) -> None:
        """The tab is gone, and what it allowed with it."""
        self.is_over = True
        self.changed.set()
        if self.watch is not None:
            # A thread that asks the database goes on when its task is cancelled: it may finish.
            await asyncio.wait([self.watch], timeout=LEAVING_SECONDS)
            await end(self.watch)
        if self.show is not None:
            await end(self.show)
        if self.consents:
            with contextlib.suppress(OSError, RedisError):
                await consent.end(self.session.pk, self.tab)

    async def keep(self, loop: Any) -> None:
        """Run one of the socket's loops. One that fails ends the socket: the page comes back."""
        try:
            await loop
        except OSError as error:
            log.info("a client left: %r", error)
        except Exception:
            log.exception("a loop of a terminal's socket failed")
            with contextlib.suppress(Exception):
                await self.close(code=TRY_AGAIN)

    async def tell(self, message: dict[str, Any]) -> None:
        """Send one message."""
        await self.send(text_data=messages.as_text(message))

    async def send_bytes(self, data: bytes) -> None:
        """Send what a terminal printed."""
        await self.send(bytes_data=data)

    # What there is, and who may type

    async def keep_telling(self) -> None:
        """Tell which shells there are, and each change of that; look anew who this is."""
        async with growth.heard(consent.news_key(self.session.pk), self.changed):
            while not self.is_over and await self.tell_news():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), WATCH_SECONDS)

    async def tell_news(self) -> bool:
        """Say what has changed. False for a client that was sent away."""
        self.changed.clear()
        try:
            self.session = await visible_session(self.scope)
            if self.consents:
                self.consents = await consent.renew(self.session.pk, self.tab)
            news = await news_of(self.session, is_owner=self.is_owner)
        except Http404:
            await self.close(code=NOT_FOUND)
            return False
        except (OSError, RedisError, Error) as error:
            log.warning("a terminal of session %s waits: %s", self.session.pk, error)
            await self.close(code=TRY_AGAIN)
            return False
        if news != self.last_told:
            self.last_told = news
            await self.tell({"type": "terminals", **news})
        return True

    async def may_type(self) -> bool:
        """Asked anew each time: consent may end at any moment."""
        return self.is_owner or await consent.is_given(self.session.pk)

    # What a client says

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            if bytes_data is not None:
                await self.type(bytes_data)
            else:
                await self.hear(text_data or "")
        except (ValidationError, ValueError):
            await self.close(code=MALFORMED)
        except (terminals.Busy, services.NotNow) as error:
            await self.tell(messages.refused(str(error)))
        except (OSError, RedisError, Error) as error:
            log.warning("a terminal of session %s: %s", self.session.pk, error)
            await self.close(code=TRY_AGAIN)

    async def hear(self, text: str) -> None:
        """One message. Raises ValueError, Busy and NotNow."""
        if len(text) > LARGEST_TEXT:
            raise ValueError("a message that no page sends")
        match messages.client_message.validate_json(text):
            case messages.Open(service=service) as wish:
                await self.open(service, Size.of(wish.rows, wish.columns))
            case messages.Attach() as wish:
                await self.attach(wish)
            case messages.Resize(rows=rows, columns=columns):
                await self.resize(Size.of(rows, columns))
            case messages.Restart():
                await self.restart()
            case messages.Drawn(offset=offset):
                await self.drawn(offset)
            case messages.Close(service=service, name=name):
                await self.hang_up(service, name)
            case messages.Consent(is_on=is_on):
                await self.consent(is_on)

    async def open(self, service: str, size: Size) -> None:
        """One more shell, which is shown."""
        if not self.is_owner:
            raise services.NotNow("Only the session's student opens terminals.")
        shell = await database_sync_to_async(services.open_shell)(self.session, service)
        await self.look_at(self.terminal(shell.service, shell.name), size)
        await consent.tell(self.session.pk)

    async def attach(self, wish: messages.Attach) -> None:
        """Show a terminal that is there."""
        found = await database_sync_to_async(queries.shell_of)(
            self.session, wish.service, wish.name
        )
        if found is None:
            raise services.NotNow("That terminal was closed.")
        size = Size.of(wish.rows, wish.columns)
        terminal = self.terminal(wish.service, wish.name)
        await self.look_at(terminal, size, after=wish.after, epoch=wish.epoch)

    def terminal(self, service: str, name: str) -> Terminal:
        """The one of that name on the session's present cluster."""
        return Terminal(self.session.pk, self.session.generation, service, name)

    async def look_at(
        self, terminal: Terminal, size: Size, *, after: int = 0, epoch: str = ""
    ) -> None:
        """Follow it, and nothing else."""
        if self.show is not None:
            await end(self.show)
        self.size, self.is_noted = size, False
        self.shown_at = -SETTLE_SECONDS if epoch else time.monotonic()
        self.shown = Following(terminal, self.tell, self.send_bytes, after=after, epoch=epoch)
        await self.tell({"type": "shown", "service": terminal.service, "name": terminal.name})
        if self.is_owner:
            await self.begin(terminal, size, is_back=bool(epoch))
        self.show = asyncio.create_task(self.keep(self.shown.run()))

    async def begin(self, terminal: Terminal, size: Size, *, is_back: bool) -> None:
        """Have a shell run in it. One that has ended stays so: its student may want to read it."""
        state = await terminals.astate(terminal)
        if state.status in ("ended", "failed"):
            return
        # Whoever comes back after a drop has typed nothing: the terminal's size stays.
        kept = state.size if is_back else size
        await terminals.aopen(self.session.host, terminal, kept)
        if state.status == "running" and state.size != kept:
            await terminals.aresize(self.session.host, terminal, kept)

    async def type(self, data: bytes) -> None:
        """What somebody types, for whom the terminal then has its size. Raises ValueError."""
        shown = self.shown
        if shown is None:
            return
        if not await self.may_type():
            raise services.NotNow(MAY_NOT)
        await self.note_typist(shown.terminal)
        await self.fit(shown)
        await terminals.asend_keys(self.session.host, shown.terminal, data)

    async def note_typist(self, terminal: Terminal) -> None:
        """The account of deeds is told that somebody else typed here, once a look."""
        if self.is_owner or self.is_noted:
            return
        self.is_noted = True
        note = database_sync_to_async(services.note_typist)
        await note(self.session, self.scope["user"], terminal.service)

    async def fit(self, shown: Following) -> None:
        """Give the terminal the size of this page."""
        state = shown.state
        if state is not None and (state.rows, state.columns) != (self.size.rows, self.size.columns):
            await terminals.aresize(self.session.host, shown.terminal, self.size)

    async def resize(self, size: Size) -> None:
        """The page has room for more or less: the terminal follows if it had this page's size."""
        before, self.size = self.size, size
        state = self.shown.state if self.shown is not None else None
        # What was asked for a moment ago may not be told yet.
        is_new = time.monotonic() - self.shown_at < SETTLE_SECONDS
        has_it = is_new or state is None or state.size == before
        if self.shown is not None and has_it and await self.may_type():
            await terminals.aresize(self.session.host, self.shown.terminal, size)

    async def restart(self) -> None:
        """A new shell."""
        if self.shown is None:
            return
        if not self.is_owner:
            raise services.NotNow("Only the session's student starts shells.")
        await terminals.aopen(self.session.host, self.shown.terminal, self.size)

    async def drawn(self, offset: int) -> None:
        """Lets more come."""
        if self.shown is not None:
            self.shown.note_drawn(offset)
            await terminals.aacknowledge(self.session.host, self.shown.terminal, self.shown.drawn)

    async def hang_up(self, service: str, name: str) -> None:
        """End a shell and show it no more."""
        if not self.is_owner:
            raise services.NotNow("Only the session's student closes terminals.")
        shell = await database_sync_to_async(queries.shell_of)(self.session, service, name)
        if shell is not None:
            await terminals.aclose(self.session.host, self.terminal(service, name))
            await database_sync_to_async(services.close_shell)(shell)
        await consent.tell(self.session.pk)

    async def consent(self, is_on: bool) -> None:
        """The student lets others type, or not any more."""
        if not self.is_owner:
            raise services.NotNow("Only the session's student can let others type.")
        self.consents = is_on
        if is_on:
            await consent.give(self.session.pk, self.tab)
        else:
            await consent.revoke(self.session.pk)
