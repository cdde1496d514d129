"""ASGI's words, and an answer in plain words from before Django."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]


async def refuse(send: Send, status: int, words: str, *extra: tuple[bytes, bytes]) -> None:
    """Answer with a status and a sentence, and end the connection: there may be more to come."""
    text = f"{words}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        *strict_transport(),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def strict_transport() -> list[tuple[bytes, bytes]]:
    """What Django's own answers say, behind TLS: never come here without."""
    seconds = settings.SECURE_HSTS_SECONDS
    value = f"max-age={seconds}; includeSubDomains; preload".encode()
    return [(b"strict-transport-security", value)] if seconds else []


def header(scope: Scope, name: bytes) -> bytes:
    """A header of a request; empty when it has none."""
    return next((value for key, value in scope.get("headers", ()) if key == name), b"")


def address_of(scope: Scope) -> str:
    """Where a connection comes from, as the server knows it."""
    client = scope.get("client")
    return str(client[0]) if client else ""
