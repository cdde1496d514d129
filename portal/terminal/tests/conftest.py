"""A session whose cluster is up, pages with its terminals, and the relay's side of one."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import get_default_application
from django.contrib.auth.models import AbstractUser
from django.test import Client as Browser

from portal.activities.models import Session
from portal.activities.tests.conftest import (  # noqa: F401
    host,
    person,
    ready,
    session,
    student,
    version,
)
from portal.live import terminals
from portal.live.connection import connect
from portal.live.terminals import State, Terminal
from portal.live.tests.client import Client
from portal.terminal import consumers, following
from portal.terminal.messages import HEAD


class Page(Client):
    """A page with a terminal: keeps what came, as text and as bytes."""

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.frames: list[tuple[int, int, bytes]] = []

    async def next(self) -> dict[str, Any]:
        """The next message about terminals; what is printed meanwhile is kept."""
        while True:
            output = await self.peer.receive_output(10)
            assert output["type"] == "websocket.send", output
            if output.get("bytes") is None:
                message: dict[str, Any] = json.loads(output["text"])
                return message
            self.keep(output["bytes"])

    def keep(self, data: bytes) -> None:
        """One frame."""
        self.frames.append((*HEAD.unpack(data[: HEAD.size]), data[HEAD.size :]))

    async def printed(self, end: int) -> bytes:
        """All that came after the last snapshot, once it has come up to there."""
        while not self.frames or self.frames[-1][1] < end:
            output = await self.peer.receive_output(10)
            assert output["type"] == "websocket.send", output
            if output.get("bytes") is not None:
                self.keep(output["bytes"])
        return b"".join(data for _, _, data in self.frames)

    async def type(self, data: bytes) -> None:
        """As a keyboard does."""
        await self.peer.send_input({"type": "websocket.receive", "bytes": data})

    async def open(self, service: str = "mids", rows: int = 24, columns: int = 80) -> None:
        """One more terminal."""
        await self.send(type="open", service=service, rows=rows, columns=columns)
        await self.next_of("shown")

    async def attach(self, rows: int = 24, columns: int = 80, **more: Any) -> None:
        """See the first terminal of mids."""
        wish = {"service": "mids", "name": "main", "rows": rows, "columns": columns}
        await self.send(type="attach", **wish, **more)
        await self.next_of("shown")


class Relay:
    """What stands beside the cluster, as far as a page knows of it."""

    def __init__(self, terminal: Terminal, of_host: str):
        self.terminal, self.host = terminal, of_host
        self.offset = 0
        self.asked: list[dict[str, Any]] = []

    def run(self, epoch: str = "one", rows: int = 24, columns: int = 80, **more: Any) -> None:
        """There is a shell."""
        self.epoch = epoch
        told = State("running", epoch, self.offset, rows, columns, **more)
        terminals.set_state(self.terminal, told)

    def end(self, exit_status: int) -> None:
        """There was one."""
        told = State("ended", self.epoch, self.offset, exit_status=exit_status)
        terminals.set_state(self.terminal, told)

    def screen(self, text: bytes) -> None:
        """It looks like this now."""
        terminals.keep_screen(self.terminal, self.epoch, self.offset, text)

    def print(self, text: bytes) -> int:
        """The shell prints; returns where that ends."""
        self.offset += len(text)
        terminals.append(self.terminal, self.epoch, self.offset, text)
        return self.offset

    def hear(self) -> list[dict[str, Any]]:
        """What was asked since."""
        client: Any = connect()
        while found := client.lpop(terminals.requests_key(self.host)):
            self.asked.append(json.loads(found))
        return self.asked

    async def asked_for(self, verb: str) -> dict[str, Any]:
        """What pages ask, until that comes."""
        async with asyncio.timeout(10):
            while True:
                for at, each in enumerate(await asyncio.to_thread(self.hear)):
                    if each["verb"] == verb:
                        del self.asked[: at + 1]
                        return each
                await asyncio.sleep(0.005)

    async def typed(self, length: int) -> bytes:
        """What was typed, so many bytes of it."""
        found = b""
        while len(found) < length:
            found += base64.b64decode((await self.asked_for("keys"))["data"])
        return found


Visit = Callable[..., Any]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a lost word costs is less than a test waits for."""
    monkeypatch.setattr(consumers, "WATCH_SECONDS", 0.5)
    monkeypatch.setattr(following, "RECHECK_SECONDS", 0.5)


@pytest.fixture
def visit(ready: Session, student: AbstractUser) -> Visit:  # noqa: F811
    """Makes a page with the session's terminals: its student's, unless told otherwise."""
    application = get_default_application()

    def make(user: AbstractUser) -> Page:
        browser = Browser()
        browser.force_login(user)  # type: ignore[arg-type]
        cookie = browser.cookies["sessionid"].value
        headers = [
            (b"host", b"localhost"),
            (b"origin", b"http://localhost"),
            (b"cookie", f"sessionid={cookie}".encode()),
        ]
        return Page(application, f"/ws/s/{ready.pk}/terminals/", headers)

    async def page(user: AbstractUser = student) -> Page:
        made: Page = await database_sync_to_async(make)(user)
        return made

    return page


@pytest.fixture
def relay(ready: Session) -> Relay:  # noqa: F811
    """Beside the first terminal of mids."""
    made = Relay(Terminal(ready.pk, ready.generation, "mids"), ready.host)
    connect().delete(terminals.requests_key(ready.host))
    return made
