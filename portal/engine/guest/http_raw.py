"""Send exact bytes, read exact bytes: `python -m guest.http_raw`, the request as JSON on stdin.

`{"host", "port", "request" (base64), "timeout", "idle"}`. One line comes back: `exchange`, or
`refused`, `unknown-host`, `unreachable`. The answer ends when every request of it has a reply that
is as long as it says, when the server closes, when nothing has come for `idle` seconds, at the size
limit or when the time is over. A server that has no whole request yet is waited for as little.
"""

import base64
import json
import socket
import sys
import time
from typing import Any

from .connecting import connected
from .lines import emit, encode
from .messages import replies_in, reply_end, requests_in

LIMIT = 256 * 1024
PIECE = 64 * 1024


def main() -> int:
    """Return 0 when there was an exchange, 1 when there was no connection."""
    request = json.load(sys.stdin)
    began = time.monotonic()
    connection = connected(request["host"], request["port"], request["timeout"])
    if connection is None:
        return 1
    with connection:
        exchange(connection, request, began)
    return 0


def exchange(connection: socket.socket, request: dict[str, Any], began: float) -> None:
    """Send, read, and tell all of it with its times."""
    connected = time.monotonic()
    deadline = began + request["timeout"]
    data = base64.b64decode(request["request"])
    asked = requests_in(data)
    first_byte: float | None = None
    answer = bytearray()
    ended = send(connection, data, deadline)
    while not ended:
        piece, ended = receive(connection, min(request["idle"], deadline - time.monotonic()))
        is_over = time.monotonic() >= deadline
        # Once it is asked, a server may think for as long as it likes before its first word.
        if ended == "idle" and (is_over or (not answer and asked.whole)):
            ended = "timeout" if is_over else ""
        if piece and first_byte is None:
            first_byte = time.monotonic()
        answer += piece
        if len(answer) >= LIMIT:
            ended = "limit"
        elif piece and not ended and replies_in(bytes(answer), asked.methods) >= len(asked.methods):
            ended = "complete"
    emit(
        "exchange",
        response=encode(bytes(answer[:LIMIT])),
        connect_seconds=connected - began,
        first_byte_seconds=None if first_byte is None else first_byte - began,
        total_seconds=time.monotonic() - began,
        ended=ended,
    )


def send(connection: socket.socket, data: bytes, deadline: float) -> str:
    """Send everything; return why that ended the exchange, if it did."""
    connection.settimeout(max(0.001, deadline - time.monotonic()))
    try:
        connection.sendall(data)
    except TimeoutError:
        return "timeout"
    except OSError:
        # It may have answered before it hung up: what it said is still there to read.
        return ""
    return ""


def receive(connection: socket.socket, seconds: float) -> tuple[bytes, str]:
    """The next piece, and why there is none."""
    connection.settimeout(max(0.001, seconds))
    try:
        piece = connection.recv(PIECE)
    except TimeoutError:
        return b"", "idle"
    except OSError:
        return b"", "reset"
    return piece, "" if piece else "close"


def is_complete(answer: bytes, to_head: bool = False) -> bool:
    """Whether the answer has come to the end that its own headers announce."""
    return reply_end(answer, to_head) is not None


if __name__ == "__main__":
    sys.exit(main())
