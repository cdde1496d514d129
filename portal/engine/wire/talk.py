"""Hold a connection to a server of a cluster: every piece as it goes and comes.

Nothing that a server does is a failure. What comes out of the cluster is hostile and bounded here.
"""

import base64
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.engine import lines
from portal.engine.errors import (
    ClusterError,
    ClusterGone,
    CommandCancelled,
    CommandTimedOut,
    StepFailed,
)
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime, never

SENT, GOT = 64 * 1024, 256 * 1024
"""Bytes of a connection, each way."""
SECONDS = 600.0
MOST_PIECES = 4000
LINE_LIMIT = 128 * 1024
TO_SAY = 30.0
ENDED = frozenset({"complete", "close", "reset", "time", "limit"})
ENDS: dict[type[ClusterError], str] = {
    CommandCancelled: "you",
    CommandTimedOut: "time",
    ClusterGone: "gone",
}
NOBODY = frozenset({"refused", "unknown-host", "unreachable"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that happened, so many seconds after the first try to connect.

    `connected`; `sent` and `got` with their bytes; `ended` with how: `complete` (all was answered,
    and the portal hung up), `close` or `reset` (the server), `you`, `time`, `limit` (more bytes
    than are kept), `gone` (the cluster), or why there was no connection.
    """

    kind: str
    at: float
    data: bytes = b""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Who is spoken to, from which service."""

    service: str
    host: str
    port: int


def talk(
    runtime: Runtime,
    session: str,
    place: Place,
    request: bytes,
    *,
    door: str = "",
    seconds: float = SECONDS,
    cancelled: Cancelled = never,
) -> Iterator[Piece]:
    """Say this and yield what happens; the last piece is `ended`.

    With a door the connection stays open, and `say` sends more. `cancelled` hangs up. Raises
    ClusterError for what is not the server's doing.
    """
    if len(request) > SENT:
        raise StepFailed(f"The request is longer than {SENT // 1024} KB.")
    given = {
        "host": place.host,
        "port": place.port,
        "request": base64.b64encode(request).decode("ascii"),
        "seconds": seconds,
        "door": door,
    }
    began = time.monotonic()
    try:
        execution = runtime.exec(
            session,
            place.service,
            guest("talk"),
            stdin=json.dumps(given).encode(),
            timeout=seconds + 10,
            cancelled=cancelled,
        )
        with contextlib.closing(execution):
            messages = lines.Lines(execution, LINE_LIMIT)
            for piece in bounded(map(as_piece, messages)):
                yield piece
                if piece.kind == "ended":
                    return
    except (CommandCancelled, CommandTimedOut, ClusterGone) as error:
        yield Piece("ended", time.monotonic() - began, how=ENDS[type(error)])
        return
    raise ClusterError(f"The connection was lost: {messages.last_words()[:300]}".strip())


def bounded(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """No more than is kept, whatever the program in the cluster says; the end is always there."""
    sent = got = 0
    for number, piece in enumerate(pieces):
        sent += len(piece.data) if piece.kind == "sent" else 0
        got += len(piece.data) if piece.kind == "got" else 0
        if sent > SENT or got > GOT or number >= MOST_PIECES:
            yield Piece("ended", piece.at, how="limit")
            return
        yield piece


def as_piece(message: dict[str, Any]) -> Piece:
    """A message of `guest.talk`. Raises GarbledReply."""
    kind = message["type"]
    if kind in NOBODY:
        return Piece("ended", 0.0, how=kind)
    try:
        at = lines.number(message.get("at"))
        if kind == "connected":
            return Piece(kind, at)
        if kind == "ended" and message.get("how") in ENDED:
            return Piece(kind, at, how=message["how"])
        if kind in ("sent", "got"):
            text = lines.text(message.get("data"), LINE_LIMIT)
            return Piece(kind, at, base64.b64decode(text, validate=True))
    except ValueError as error:
        raise lines.GarbledReply(f"The connection was garbled: {error}") from error
    raise lines.GarbledReply("The program that holds the connection said nonsense.")


def say(runtime: Runtime, session: str, service: str, door: str, data: bytes) -> None:
    """Send more in a talk that has a door. Raises StepFailed, and what `exec` raises."""
    given = {"door": door, "data": base64.b64encode(data).decode("ascii")}
    execution = runtime.exec(
        session, service, guest("say"), stdin=json.dumps(given).encode(), timeout=TO_SAY
    )
    words = [message["type"] for message in lines.Lines(execution, LINE_LIMIT)]
    if "said" in words:
        return
    if "full" in words:
        raise StepFailed(f"That is more than the {SENT // 1024} KB that one connection takes.")
    raise StepFailed("The connection is closed.")
