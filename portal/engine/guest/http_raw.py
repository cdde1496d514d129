"""Send exact bytes, read exact bytes: `python -m guest.http_raw`, the request as JSON on stdin.

`{"host", "port", "request" (base64), "timeout", "idle"}`. One line comes back: `exchange`, or
`refused`, `unknown-host`, `unreachable`. The answer ends when its length says so, when the server
closes, when nothing has come for `idle` seconds, at the size limit or when the time is over.
"""

import base64
import json
import socket
import sys
import time
from typing import Any

from .lines import emit, encode

LIMIT = 256 * 1024
PIECE = 64 * 1024


def main() -> int:
    """Return 0 when there was an exchange, 1 when there was no connection."""
    request = json.load(sys.stdin)
    began = time.monotonic()
    try:
        connection = socket.create_connection(
            (request["host"], request["port"]), timeout=request["timeout"]
        )
    except ConnectionRefusedError:
        return fail("refused")
    except socket.gaierror:
        return fail("unknown-host")
    except OSError as error:
        return fail("unreachable", str(error))
    with connection:
        exchange(connection, request, began)
    return 0


def fail(kind: str, reason: str = "") -> int:
    """There was nobody to talk to."""
    emit(kind, reason=reason)
    return 1


def exchange(connection: socket.socket, request: dict[str, Any], began: float) -> None:
    """Send, read, and tell all of it with its times."""
    connected = time.monotonic()
    deadline = began + request["timeout"]
    data = base64.b64decode(request["request"])
    first_byte: float | None = None
    answer = bytearray()
    ended = send(connection, data, deadline)
    while not ended:
        piece, ended = receive(connection, min(request["idle"], deadline - time.monotonic()))
        if ended == "idle" and (not answer or time.monotonic() >= deadline):
            # A server may think for as long as it likes before it says its first word.
            ended = "timeout" if time.monotonic() >= deadline else ""
        if piece and first_byte is None:
            first_byte = time.monotonic()
        answer += piece
        if len(answer) >= LIMIT:
            ended = "limit"
        elif not ended and is_complete(bytes(answer), data.startswith(b"HEAD ")):
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
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return False
    lines = head.split(b"\r\n")
    status = lines[0].split(b" ")[1] if lines[0].count(b" ") else b""
    if status.startswith(b"1") and status != b"101":
        # The real answer follows; of two such words in a row only hostile servers are capable.
        return not body.startswith(b"HTTP/1.1 1") and is_complete(body, to_head)
    if to_head or status in (b"204", b"304"):
        return True
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in lines[1:])
    }
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        return has_last_chunk(body)
    length = headers.get(b"content-length", b"")
    return length.isdigit() and len(length) < 12 and len(body) >= int(length)


def has_last_chunk(body: bytes) -> bool:
    """Whether a chunked body has come to its last, empty chunk and the trailer's end."""
    while True:
        size, newline, rest = body.partition(b"\r\n")
        if not newline:
            return False
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            return False
        if length < 0:
            return False
        if length == 0:
            return rest.startswith(b"\r\n") or b"\r\n\r\n" in rest
        body = rest[length + 2 :]


if __name__ == "__main__":
    sys.exit(main())
