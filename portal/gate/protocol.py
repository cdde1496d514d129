"""Uvicorn's own protocol, for which a connection that says nothing is soon over."""

import asyncio
from collections import Counter
from typing import Any, ClassVar

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0
"""From the first moment of a connection, or the first byte of its next request, to the end of its
headers."""
HEADER_BYTES = 64 * 1024


class Protocol(HttpToolsProtocol):
    """Has deadlines and bounds for what comes before a request: its connection and its headers."""

    of_address: ClassVar[Counter[str]] = Counter()
    """Connections that have not become sockets."""
    deadline: asyncio.TimerHandle | None = None
    address: str | None = None
    header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request. Of an address that has very many, it is the end."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self.of_address[self.address] += 1
        if self.is_crowded():
            transport.abort()
            return
        self.wait_for_headers()

    def is_crowded(self) -> bool:
        """Whether one address has too many. A trusted proxy's are many people's."""
        is_proxy = bool(settings.TRUSTED_PROXIES)
        return (
            not is_proxy and self.of_address[self.address or ""] > settings.CONNECTIONS_AN_ADDRESS
        )

    def leave_count(self) -> None:
        """It is over, or a socket now."""
        if self.address is not None:
            self.of_address[self.address] -= 1
            if not self.of_address[self.address]:
                del self.of_address[self.address]
            self.address = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Over."""
        self.stop_waiting()
        self.leave_count()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """From now on a socket's protocol has it, and its own bounds."""
        self.stop_waiting()
        self.leave_count()
        super().handle_websocket_upgrade()

    def wait_for_headers(self) -> None:
        """They have to be whole before the deadline."""
        if self.deadline is None:
            self.deadline = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def stop_waiting(self) -> None:
        """They are, or nobody waits for them any more."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def on_message_begin(self) -> None:
        """A request begins."""
        self.header_bytes = 0
        self.wait_for_headers()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of its address."""
        self.take(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        self.take(len(name) + len(value))
        super().on_header(name, value)

    def take(self, count: int) -> None:
        """Count what comes before a body: uvicorn keeps all of it in memory."""
        self.header_bytes += count
        if self.header_bytes > HEADER_BYTES:
            raise ValueError("headers without an end")  # The parser tells uvicorn, which ends it.

    def on_headers_complete(self) -> None:
        """Now it is the application's."""
        self.stop_waiting()
        super().on_headers_complete()
