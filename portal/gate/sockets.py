"""Sockets: how many a person and an address have, how fast a client speaks, and first trouble.

A socket that is refused is accepted first: only so does the page learn why.
"""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from portal.gate.answers import App, Message, Receive, Scope, Send, address_of

log = logging.getLogger(__name__)
BURST, A_SECOND = 300, 20.0
"""Messages of one socket: a page begins with one for each stream that it follows."""
TOO_MANY, TOO_FAST, TRY_AGAIN = 4429, 4430, 1013
REASONS = {
    TOO_MANY: "close some of your other pages",
    TOO_FAST: "load this page again",
    TRY_AGAIN: "try again",
}


class Sockets:
    """Counts sockets and messages. Stands behind the login, before the consumers."""

    def __init__(self, app: App):
        self.app = app
        self.people: Counter[str] = Counter()
        self.addresses: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many there are now."""
        return self.addresses.total()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = Socket(receive, send)
        person, address = f"{getattr(scope.get('user'), 'pk', None)}", address_of(scope)
        is_full = self.people[person] >= settings.SOCKETS_A_PERSON
        if is_full or self.addresses[address] >= settings.SOCKETS_AN_ADDRESS:
            await socket.end(TOO_MANY)
            return
        with counted(self.people, person), counted(self.addresses, address):
            await self.serve(socket, scope)

    async def serve(self, socket: "Socket", scope: Scope) -> None:
        """Run the consumer. Redis may have been away: its old connections fail once."""
        for is_last in (False, True):
            try:
                await self.app(dict(scope), socket.receive, socket.send)
            except TooFast:
                await socket.end(TOO_FAST)
            except (OSError, RedisError) as error:
                if not is_last and socket.is_new:
                    continue
                # A client that has left is an OSError of the server's.
                told = logging.WARNING if isinstance(error, RedisError) else logging.INFO
                log.log(told, "a socket ends: %r", error)
                await socket.end(TRY_AGAIN)
            return


class TooFast(Exception):
    """A client says more than any page has to say."""


class Socket:
    """One connection, and what has passed over it."""

    def __init__(self, receive: Receive, send: Send):
        self.next_receive, self.next_send = receive, send
        self.is_new = True
        """Nothing has passed yet, so that its consumer can begin again."""
        self.is_accepted = self.is_over = False
        self.left, self.at = float(BURST), time.monotonic()

    async def receive(self) -> Message:
        """What the client says. Raises TooFast."""
        message = await self.next_receive()
        self.is_new = False
        self.is_over |= message["type"] == "websocket.disconnect"
        if message["type"] == "websocket.receive":
            now = time.monotonic()
            self.left = min(BURST, self.left + (now - self.at) * A_SECOND) - 1
            self.at = now
            if self.left < 0:
                raise TooFast
        return message

    async def send(self, message: Message) -> None:
        """What is said to it."""
        self.is_new = False
        self.is_accepted |= message["type"] == "websocket.accept"
        self.is_over |= message["type"] == "websocket.close"
        await self.next_send(message)

    async def end(self, code: int) -> None:
        """Close it with a reason that the page can show. Closed already is success."""
        if self.is_over:
            return
        with contextlib.suppress(OSError):
            if not self.is_accepted:
                if self.is_new:
                    await self.receive()
                await self.send({"type": "websocket.accept"})
            await self.send({"type": "websocket.close", "code": code, "reason": REASONS[code]})


@contextlib.contextmanager
def counted(counter: Counter[Any], key: Any) -> Iterator[None]:
    """One more for as long as this lasts."""
    counter[key] += 1
    try:
        yield
    finally:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]
