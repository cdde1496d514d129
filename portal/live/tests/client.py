"""A socket's client for tests: it speaks ASGI to the application, as a server does for a browser.

(`channels.testing` has one too, and with it wants a server that this portal doesn't use.)
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

from asgiref.testing import ApplicationCommunicator

WITHIN = 10.0


class Client:
    """One connection."""

    def __init__(
        self, application: Any, path: str = "/", headers: Iterable[tuple[bytes, bytes]] = ()
    ):
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": list(headers),
            "subprotocols": [],
        }
        communicator: Any = ApplicationCommunicator
        self.peer = communicator(application, scope)

    async def connect(self) -> bool:
        """Whether it was let in."""
        await self.peer.send_input({"type": "websocket.connect"})
        answer = await self.peer.receive_output(WITHIN)
        return bool(answer["type"] == "websocket.accept")

    async def __aenter__(self) -> "Client":
        assert await self.connect()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Go, and wait until the application has noticed."""
        await self.peer.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.peer.wait(WITHIN)

    async def say(self, text: str) -> None:
        """Send text as it is."""
        await self.peer.send_input({"type": "websocket.receive", "text": text})

    async def send(self, **message: Any) -> None:
        """Send a message."""
        await self.say(json.dumps(message))

    async def follow(self, stream: str, after: int = 0, **more: Any) -> None:
        """Ask for a stream."""
        await self.send(type="follow", stream=stream, after=after, **more)

    async def next(self) -> dict[str, Any]:
        """The next message. Fails for a socket that was closed."""
        output = await self.peer.receive_output(WITHIN)
        assert output["type"] == "websocket.send", output
        message: dict[str, Any] = json.loads(output["text"])
        return message

    async def next_of(self, kind: str, stream: str = "") -> dict[str, Any]:
        """The next message of that type; those of others are passed over."""
        while True:
            message = await self.next()
            if message["type"] == kind and message.get("stream", "") == stream:
                return message

    async def close_code(self) -> int:
        """With what code the application closes; messages before that are passed over."""
        while True:
            output = await self.peer.receive_output(WITHIN)
            if output["type"] == "websocket.close":
                return int(output["code"])

    async def is_quiet(self, seconds: float = 0.05) -> bool:
        """Whether nothing comes for a moment."""
        return bool(await self.peer.receive_nothing(seconds))

    async def numbers(self, stream: str, last: int) -> list[int]:
        """The numbers of a stream's entries that come, until the one of that number."""
        found: list[int] = []
        while not found or found[-1] < last:
            message = await self.next_of("entries", stream)
            found += [entry["n"] for entry in message["entries"]]
        return found


async def eventually(condition: Callable[[], Any]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(WITHIN):
        while not condition():
            await asyncio.sleep(0.005)
