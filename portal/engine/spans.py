"""What the servers of a cluster note of their requests, read in its own network: hostile text.

A request's lines: *begin*, as its server took it; *sent*, a record that it gave to a producer;
*landed* or *lost*, what became of that; *end*, its reply and the bytes both ways. They are found
together by the request's `id`, its sends by `nth`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from portal.engine import lines
from portal.engine.errors import ClusterError, CommandCancelled, CommandTimedOut
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime, never
from portal.engine.tail import AGE_SECONDS

LINE_LIMIT = 16 << 20
KEPT = 16 * 1024
"""Bytes that are kept of each direction."""
SWITCH_SECONDS = 10.0

Id = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
SpanId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
Moment = Annotated[float, Meta(ge=0, le=1e11)]
"""Seconds since the epoch; 0 for what did not happen."""
Port = Annotated[int, Meta(ge=0, le=65535)]
Pid = Annotated[int, Meta(ge=0, le=2**31)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Number = Annotated[int, Meta(ge=1, le=10_000)]
Status = Annotated[int, Meta(ge=0, le=999)]
Short = Annotated[str, Meta(max_length=300)]
Some = Annotated[bytes, Meta(max_length=KEPT)]


class Raised(Struct, frozen=True):
    """An error that a view raised, and where in the student's own code."""

    type: Short
    message: Short = ""
    file: Short = ""
    line: Annotated[int, Meta(ge=0, le=10**6)] = 0
    function: Short = ""


class Begin(Struct, frozen=True, tag_field="k", tag="begin"):
    """A server has taken a request."""

    id: Id
    at: Moment
    method: Annotated[str, Meta(max_length=20)]
    path: Annotated[str, Meta(max_length=2000)]
    peer: Annotated[str, Meta(max_length=64)] = ""
    port: Port = 0
    """The caller's."""
    server_port: Port = 0
    pid: Pid = 0
    lost: Count = 0
    """So many lines before this one could not be written."""


class Sent(Struct, frozen=True, tag_field="k", tag="sent"):
    """It has given a record to a producer."""

    id: Id
    nth: Number
    span: SpanId
    at: Moment
    topic: Annotated[str, Meta(max_length=250)]
    is_marked: bool = False
    """Whether the record's headers have the mark."""
    lost: Count = 0


class Landed(Struct, frozen=True, tag_field="k", tag="landed"):
    """The broker has told where the record is; offset -1 where it was not asked."""

    id: Id
    nth: Number
    span: SpanId
    at: Moment
    partition: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    offset: Annotated[int, Meta(ge=-1, le=2**53)]
    timestamp: Annotated[int, Meta(ge=-1, le=2**53)] = -1
    """The record's own, in milliseconds."""
    lost: Count = 0


class Lost(Struct, frozen=True, tag_field="k", tag="lost"):
    """The producer has given up, or refused."""

    id: Id
    nth: Number
    span: SpanId
    at: Moment
    error: Short = ""
    lost: Count = 0


class End(
    Struct, frozen=True, tag_field="k", tag="end", rename={"request": "in", "response": "out"}
):
    """The reply is out: the bytes of both directions, and when they came and went."""

    id: Id
    at: Moment
    is_request: bool = False
    """Whether the server took the bytes for a request."""
    status: Status = 0
    logged_at: Moment = 0.0
    accepted_at: Moment = 0.0
    peer: Annotated[str, Meta(max_length=64)] = ""
    port: Port = 0
    server_port: Port = 0
    pid: Pid = 0
    error: Raised | None = None
    request: Some = b""
    in_size: Count = 0
    in_first: Moment = 0.0
    in_last: Moment = 0.0
    response: Some = b""
    out_size: Count = 0
    out_first: Moment = 0.0
    out_last: Moment = 0.0
    lost: Count = 0


Line = Begin | Sent | Landed | Lost | End


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line with its number: numbers rise, and have holes."""

    number: int
    line: Line


class _Told(Struct, frozen=True, tag="spans", forbid_unknown_fields=True):
    lines: Annotated[
        list[
            tuple[Annotated[int, Meta(ge=1, le=2**53)], Annotated[str, Meta(max_length=64 * 1024)]]
        ],
        Meta(max_length=1000),
    ]


_told = msgspec.json.Decoder(_Told)
_line: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def read_told(line: bytes) -> list[Numbered]:
    """A line of `guest.spans`. Raises ValueError; what is no line of a server's is left out.

    The folder that it reads is the student's as well, so junk in it is nothing to stop at.
    """
    try:
        found = _told.decode(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    made = ((number, read_line(text)) for number, text in found.lines)
    return [Numbered(number, each) for number, each in made if each is not None]


def read_line(text: str | bytes) -> Line | None:
    """What a server has noted; None for what it never writes."""
    try:
        return _line.decode(text)
    except (ValueError, RecursionError):
        return None


def follow(
    runtime: Runtime, session: str, service: str, after: int = 0, cancelled: Cancelled = never
) -> Iterator[list[Numbered]]:
    """Turn the switch on, and yield what the servers of a service note, behind a number.

    Follows for ever; ends as `engine.tail.tail` does. Raises ClusterGone, GarbledReply and
    ClusterError.
    """
    argv = guest("spans", "--from", str(after))
    execution = runtime.exec(session, service, argv, timeout=AGE_SECONDS, cancelled=cancelled)
    messages = lines.Lines(execution, LINE_LIMIT)
    try:
        for line in messages.raw():
            yield lines.parsed(read_told, line)
    except (CommandCancelled, CommandTimedOut):
        return
    if execution.exit_status and not cancelled():
        raise ClusterError(f"The reader of traces ended: {messages.last_words()[:300]}")


def turn_off(runtime: Runtime, session: str, service: str) -> None:
    """Have servers note nothing from now on. Raises what the runtime raises."""
    argv = guest("spans", "--off")
    for _ in runtime.exec(session, service, argv, timeout=SWITCH_SECONDS):
        pass
