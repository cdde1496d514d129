"""Send bytes as typed to a server in the cluster, and keep the bytes both ways."""

import base64
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from portal.engine import lines
from portal.engine.causes import calls
from portal.engine.errors import ClusterError, Details, Part, StepFailed
from portal.engine.guest.messages import BODY, HEADERS, replies_in, requests_in
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime, never

IDLE_SECONDS = 2.0
REQUEST_LIMIT = 64 * 1024
RESPONSE_LIMIT = 256 * 1024
LINE_LIMIT = 512 * 1024
LINES_SHOWN = 2000
LINE_SHOWN = 2000
ENDED = frozenset({"complete", "close", "reset", "idle", "timeout", "limit"})
HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
MARKS = "␍␊"
"""How `render_bytes` shows the ends of lines; nothing else is shown so."""
SILENT = {
    "close": "The server closed the connection without a word.",
    "reset": "The server cut the connection off without a word.",
    "timeout": "No reply came before the step's time was over.",
}
CUT = {
    "idle": "Nothing more came, and the connection stayed open.",
    "timeout": "The step's time was over before the reply was.",
    "limit": "The reply is longer than what is kept.",
    "reset": "The server cut the connection off.",
}
STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? \d{3}[^\r\n]{0,200}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went out, what came in, and when. All times count from the first try to connect."""

    host: str
    port: int
    request: bytes
    response: bytes
    connect_seconds: float
    first_byte_seconds: float | None
    """None when no byte came."""
    total_seconds: float
    ended: str
    """`complete`: as its headers announce. `close`, `reset`: by the server. `idle`: nothing more
    came. `timeout`. `limit`: there was more than is kept."""

    @property
    def status_line(self) -> str:
        """The first line of the answer, empty when that is not HTTP."""
        return status_line(self.response)


def status_line(response: bytes) -> str:
    """The first line of an answer, empty when that is not HTTP."""
    found = STATUS_LINE.match(response)
    # A server can answer NUL; no text of a database can hold it.
    return found[0].decode("ascii", "replace").replace("\0", "\u2400") if found else ""


def request_bytes(text: str) -> bytes:
    """What a student typed, as telnet would send it: a newline becomes CRLF, nothing is added."""
    return "\r\n".join(re.split(r"\r\n|\n|\r", text)).encode("utf-8", "replace")


def findings(request: bytes, response: bytes, ended: str) -> list[str]:
    """What is worth knowing about an exchange beside its bytes, in sentences."""
    asked = requests_in(request)
    replies = replies_in(response, asked.methods)
    found = []
    if not request:
        found.append("Nothing was sent.")
    if asked.lacks == HEADERS and ended in ("idle", "timeout"):
        found.append("The server still waits for the empty line that ends the headers.")
    elif asked.lacks == BODY:
        found.append("The body is shorter than the request's Content-Length says.")
    if replies and asked.whole > 1:
        closed = " Then the server closed the connection." if ended in ("close", "reset") else ""
        found.append(f"{asked.whole} requests were sent, and {replies} answered.{closed}")
    if request and not response:
        found.append(SILENT.get(ended, "No reply came."))
    elif response and not STATUS_LINE.match(response):
        found.append("What came back does not begin as HTTP does.")
    elif response and ended in CUT:
        found.append(CUT[ended])
    return found


def send(
    runtime: Runtime,
    session: str,
    service: str,
    host: str,
    port: int,
    text: str,
    *,
    timeout: float = 30.0,
    cancelled: Cancelled = never,
) -> Exchange:
    """Send a request as typed from a service and read the answer.

    Raises StepFailed when nobody listens or the request is too long, and what `exec` raises.
    """
    request = request_bytes(text)
    if len(request) > REQUEST_LIMIT:
        raise StepFailed(f"The request is longer than {REQUEST_LIMIT // 1024} KB.")
    given = {
        "host": host,
        "port": port,
        "request": base64.b64encode(request).decode("ascii"),
        "timeout": timeout,
        "idle": IDLE_SECONDS,
    }
    execution = runtime.exec(
        session,
        service,
        guest("http_raw"),
        stdin=json.dumps(given).encode(),
        timeout=timeout + 10,
        cancelled=cancelled,
    )
    messages = lines.Lines(execution, LINE_LIMIT)
    for message in messages:
        return to_exchange(message, host, port, request)
    raise ClusterError(f"The request could not be sent: {messages.last_words()[:300]}")


def to_exchange(message: dict[str, Any], host: str, port: int, request: bytes) -> Exchange:
    """A message of `guest.http_raw` as what it means. Raises StepFailed, GarbledReply."""
    match message["type"]:
        case "exchange":
            return _exchange(message, host, port, request)
        case "refused":
            raise StepFailed(
                f"Nothing listens on port {port}: start the Flask step first.",
                advice="Run the step that starts the server, then send the request again.",
                part=calls.NOTHING_LISTENS.part,
                details=Details(cause=calls.NOTHING_LISTENS.name),
            )
        case "unknown-host":
            raise StepFailed(f"The cluster knows no host called {host!r}.", part=Part.LAB)
        case "unreachable":
            raise StepFailed(f"{host}:{port} could not be reached.", part=Part.UNKNOWN)
    raise lines.GarbledReply("The program that sends requests said nonsense.")


def _exchange(message: dict[str, Any], host: str, port: int, request: bytes) -> Exchange:
    try:
        response = base64.b64decode(lines.text(message.get("response"), LINE_LIMIT), validate=True)
        first = message.get("first_byte_seconds")
        ended = message.get("ended")
        if not isinstance(ended, str) or ended not in ENDED:
            raise ValueError("nobody knows how it ended")
        return Exchange(
            host=host,
            port=port,
            request=request,
            response=response[:RESPONSE_LIMIT],
            connect_seconds=lines.number(message.get("connect_seconds")),
            first_byte_seconds=None if first is None else lines.number(first),
            total_seconds=lines.number(message.get("total_seconds")),
            ended=ended,
        )
    except ValueError as error:
        raise lines.GarbledReply(f"The request's answer was garbled: {error}") from error


def render_bytes(data: bytes) -> list[str]:
    """Bytes as lines of text in which every byte shows.

    CR and LF end as ␍ and ␊, other control characters and those that change a text's direction
    are spelled out, bytes that are no UTF-8 read \\xNN. Safe to show, whatever the bytes are.
    """
    parts = data.split(b"\n")
    shown = [_visible(part) + "␊" for part in parts[:-1]] + (
        [_visible(parts[-1])] if parts[-1] else []
    )
    if len(shown) > LINES_SHOWN:
        left_out = len(shown) - LINES_SHOWN
        shown = [*shown[:LINES_SHOWN], f"… {left_out} more lines"]
    return shown


def _visible(part: bytes) -> str:
    text = part[: LINE_SHOWN * 4].decode("utf-8", "backslashreplace")
    shown = "".join(map(_visible_character, text[:LINE_SHOWN]))
    if len(part) > LINE_SHOWN * 4 or len(text) > LINE_SHOWN:
        end = "␍" if part.endswith(b"\r") else ""
        return f"{shown}… ({len(part)} bytes){end}"
    return shown


def _visible_character(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character)) if character != "\t" else "␉"
    if character == "\x7f":
        return "␡"
    # Those that are pictures of control characters in the text itself must not pass for ours.
    is_picture = "\u2400" <= character <= "\u2426"
    if is_picture or unicodedata.category(character) in HIDDEN:
        return f"\\u{{{ord(character):x}}}"
    return character
