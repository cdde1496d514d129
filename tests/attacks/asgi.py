"""Requests to an ASGI application, by hand: in pieces, without an end, with made-up headers."""

from collections.abc import Iterable
from typing import Any

from portal.gate.answers import App, Message

COOKIE = (b"cookie", b"sessionid=somebody")


class Request:
    """One request, and what was answered."""

    def __init__(
        self,
        path: str = "/",
        *,
        headers: Iterable[tuple[bytes, bytes]] = (),
        pieces: Iterable[bytes] = (b"",),
        address: str = "192.0.2.1",
    ):
        self.scope: dict[str, Any] = {
            "type": "http",
            "path": path,
            "method": "POST",
            "headers": list(headers),
            "client": (address, 1),
        }
        self.pieces = iter(pieces)
        self.taken = 0
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        """The next piece of the body."""
        piece = next(self.pieces, None)
        if piece is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        self.taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(self, message: Message) -> None:
        """A piece of the answer."""
        self.sent.append(message)

    async def to(self, app: App) -> "Request":
        """Send it."""
        await app(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        """What was answered; 0 for nothing."""
        return int(self.sent[0]["status"]) if self.sent else 0

    @property
    def text(self) -> str:
        """What was said."""
        return b"".join(each.get("body", b"") for each in self.sent).decode()


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    """An application that takes a body whole, as Django does."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
