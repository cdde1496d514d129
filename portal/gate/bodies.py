"""Requests' bodies: counted as they arrive, by route, and waited for only so long.

Django takes a whole body, to memory or to disk, before any view or login is asked. So the count is
here, and whatever says or turns out to be too large ends there.
"""

import asyncio
import re
import time
from dataclasses import dataclass

from django.conf import settings

from portal.gate.answers import App, Message, Receive, Scope, Send, header, refuse

KB = 1024
SMALL = 2560 * KB
"""A form, as Django's own bound for one: a file of the Code tab, a record, a definition."""
WITHOUT_COOKIE = 64 * KB
"""Nobody without a login sends more than a login."""


@dataclass(frozen=True, slots=True)
class Route:
    """Addresses that take more than a form, and how long that may be under way."""

    path: re.Pattern[str]
    most: int
    seconds: float


UPLOADS = (
    Route(re.compile(r"/classes/\d+/roster/"), 4 * KB * KB, 120.0),
    Route(re.compile(r"/admin/catalog/lab/import/"), 5 * KB * KB, 120.0),
)
SMALL_SECONDS = 30.0


class TooLarge(Exception):
    """More has come than the route takes."""


class TooSlow(Exception):
    """It has not come in time."""


class Bodies:
    """Refuses what is too large or too slow. Told early, by a length, nothing of it is read."""

    def __init__(self, app: App):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "TRACE":
            await refuse(send, 405, "TRACE is not answered here.")
            return
        most, seconds = bounds(scope)
        words = f"That is too large: at most {most // KB:,} KB are taken here."
        if said(scope) > most:
            await refuse(send, 413, words)
            return
        body = Body(receive, most, seconds)
        answer = Answer(send)
        try:
            await self.app(scope, body.receive, answer.send)
        except TooLarge:
            await answer.refuse(413, words)
        except TooSlow:
            await answer.refuse(408, f"It did not arrive within {seconds:.0f} seconds.")


class Body:
    """A body on its way."""

    def __init__(self, receive: Receive, most: int, seconds: float):
        self.next = receive
        self.left = most
        self.until = time.monotonic() + seconds
        self.is_whole = False

    async def receive(self) -> Message:
        """The next of it. Raises TooLarge and TooSlow."""
        if self.is_whole:
            return await self.next()
        try:
            message = await asyncio.wait_for(self.next(), self.until - time.monotonic())
        except TimeoutError:
            raise TooSlow from None
        self.left -= len(message.get("body", b""))
        self.is_whole = not message.get("more_body", False)
        if self.left < 0:
            raise TooLarge
        return message


class Answer:
    """What has been answered so far."""

    def __init__(self, send: Send):
        self.next = send
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Pass it on."""
        self.has_begun = True
        await self.next(message)

    async def refuse(self, status: int, words: str) -> None:
        """Say so, if nothing else was said."""
        if not self.has_begun:
            await refuse(self.next, status, words)


def bounds(scope: Scope) -> tuple[int, float]:
    """The bytes and the seconds of a request's body."""
    if settings.SESSION_COOKIE_NAME.encode() + b"=" not in header(scope, b"cookie"):
        return WITHOUT_COOKIE, SMALL_SECONDS
    for route in UPLOADS:
        if route.path.fullmatch(scope["path"]):
            return route.most, route.seconds
    return SMALL, SMALL_SECONDS


def said(scope: Scope) -> int:
    """The length that a request says its body has; 0 if it says none that can be read."""
    length = header(scope, b"content-length")
    return int(length) if length.isdigit() and len(length) < 20 else 0
