"""How many requests of one person, and of one address, are worked on at once; the others wait."""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncIterator

from django.conf import settings

from portal.gate.answers import App, Receive, Scope, Send, address_of, header, refuse

A_PERSON, AN_ADDRESS = 12, 96
"""At once. A browser's page asks for less; a whole room may come from one address."""
WAITING = 200
"""Of one person or address; more are sent away."""
SECONDS = 20.0


class Crowded(Exception):
    """There are too many of these already."""


class Turns:
    """Lets so many of each key in at once, and the next when one has left."""

    def __init__(self, at_once: int):
        self.at_once = at_once
        self.gates: dict[str, asyncio.Semaphore] = {}
        self.here: Counter[str] = Counter()
        """Inside or waiting."""

    @contextlib.asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for one's turn. Raises Crowded."""
        if self.here[key] >= self.at_once + WAITING:
            raise Crowded
        gate = self.gates.setdefault(key, asyncio.Semaphore(self.at_once))
        self.here[key] += 1
        try:
            try:
                await asyncio.wait_for(gate.acquire(), SECONDS)
            except TimeoutError:
                raise Crowded from None
            try:
                yield
            finally:
                gate.release()
        finally:
            self.here[key] -= 1
            if not self.here[key]:
                del self.here[key], self.gates[key]


class Crowd:
    """Has requests wait for a place among those of their person and of their address."""

    def __init__(self, app: App):
        self.app = app
        self.people, self.addresses = Turns(A_PERSON), Turns(AN_ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Files of the pages are many at once, cost little, and need nobody's turn.
        if scope["type"] != "http" or scope["path"].startswith(f"/{settings.STATIC_URL}"):
            await self.app(scope, receive, send)
            return
        try:
            async with (
                self.addresses.turn(address_of(scope)),
                self.people.turn(person_of(scope)),
            ):
                await self.app(scope, receive, send)
        except Crowded:
            words = "You ask for very much at once. Wait a moment, then load the page again."
            await refuse(send, 429, words, (b"retry-after", b"5"))


def person_of(scope: Scope) -> str:
    """Who it is, as far as can be told without asking: their cookie, or else their address."""
    cookie = header(scope, b"cookie")
    return hashlib.sha256(cookie).hexdigest() if cookie else address_of(scope)
