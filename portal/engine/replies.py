"""What a curl got for an answer: its status and headers, beside the body that it prints.

curl tells them at its end, on standard error, behind a sign that no program prints by accident.
They are taken out there, so that a student sees what a terminal would show.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

SIGN = b"\x1e\x02reply "
FORMAT = '%{stderr}\x1e\x02reply {"call":%{json},"headers":%{header_json}}'
"""For curl's --write-out."""
KEPT_BODY = 4096
KEPT_TOLD = 64 * 1024
MOST_HEADERS = 60
REASONS = {each.value: each.phrase for each in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Reply:
    """One call and its answer. `status` is 0 where there was none."""

    command: str
    method: str
    path: str
    """With its query."""
    status: int
    headers: dict[str, str]
    body: str
    """The first 4 KB."""
    seconds: float
    port: int
    """The caller's own, as the server sees it."""
    exit_status: int
    ended_at: float = 0.0
    """Seconds since the epoch; 0 where an older run has not kept it."""

    @property
    def reason(self) -> str:
        """The status, and HTTP's words for it."""
        return f"{self.status} {REASONS.get(self.status, '')}".strip()

    @property
    def is_good(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        """3xx: curl does not follow one unless it is told to."""
        return 300 <= self.status < 400

    @property
    def is_error(self) -> bool:
        """4xx and 5xx."""
        return self.status >= 400

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]


class _Call(msgspec.Struct):
    response_code: int
    url_effective: str
    method: str | None = None
    local_port: int = 0
    time_total: float = 0.0


class _Told(msgspec.Struct):
    call: _Call
    headers: dict[str, list[str]]


class Tap:
    """Passes on what a curl prints, without what it tells of the reply."""

    def __init__(self, emit: Callable[[str, bytes], None]):
        self.emit = emit
        self.body = bytearray()
        self.held = bytearray()
        self.last = b""
        """The last byte that was printed."""

    def take(self, stream: str, data: bytes) -> None:
        """Another piece."""
        if stream == "stdout":
            self.body += data[: KEPT_BODY - len(self.body)]
            self.pass_on(stream, data)
            return
        self.held += data
        at = self.held.find(SIGN[:1])
        if at > 0 or (at < 0 and self.held):
            plain = bytes(self.held[:at] if at > 0 else self.held)
            del self.held[: len(plain)]
            self.pass_on(stream, plain)
        del self.held[KEPT_TOLD:]

    def pass_on(self, stream: str, data: bytes) -> None:
        """Show a piece."""
        if data:
            self.last = data[-1:]
            self.emit(stream, data)

    def reply(self, command: str, exit_status: int) -> Reply | None:
        """What was told of the reply. None for a curl that could tell nothing."""
        told = bytes(self.held).partition(SIGN)[2]
        try:
            found = msgspec.json.decode(told.strip(), type=_Told)
        except (msgspec.DecodeError, ValueError):
            return None
        call = found.call
        try:
            url = urlsplit(call.url_effective)
        except ValueError:
            return None
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        headers = list(found.headers.items())[:MOST_HEADERS]
        return Reply(
            command=command,
            method=(call.method or "")[:20],
            path=path[:2000],
            status=call.response_code if 0 <= call.response_code < 1000 else 0,
            headers={name[:200]: ", ".join(values)[:2000] for name, values in headers},
            body=self.body.decode(errors="replace"),
            seconds=call.time_total,
            port=call.local_port,
            exit_status=exit_status,
            ended_at=time.time(),
        )


def asking(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A curl that tells of its reply, unless it was told to write something out itself."""
    own = any(each in ("-w", "--write-out") for each in argv)
    # In a terminal curl shows no progress; here it would, since its output is a pipe.
    return (argv[0], "--no-progress-meter", *(() if own else ("-w", FORMAT)), *argv[1:])


def as_kept(replies: tuple[Reply, ...]) -> list[dict[str, Any]]:
    """Replies as JSON keeps them, the newest hundred."""
    kept: list[dict[str, Any]] = msgspec.to_builtins(replies[-100:])
    return kept


def of(kept: object) -> list[Reply]:
    """Replies as a run's row has kept them; none where it has kept something else."""
    try:
        return msgspec.convert(kept, list[Reply])
    except msgspec.ValidationError:
        return []
