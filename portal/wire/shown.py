"""Bytes as pages show them: parts with their names, a transcript with its times, hexadecimal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.engine.http import MARKS, render_bytes
from portal.engine.wire.bodies import unpacked
from portal.engine.wire.conversation import Turn
from portal.engine.wire.part import Message
from portal.wire.models import Exchange

SPELLED = str.maketrans({"␍": "\\r", "␊": "\\n"})
PART_BYTES = 16 * 1024
"""Of one part as much is shown; the file has all."""
TEXT_BYTES = 64 * 1024
HEX_BYTES = 8 * 1024
ROW = 16
ROWS = 400
TOGETHER = 0.02
"""Seconds: pieces that come so close are one row."""
LABELS = {
    "request-line": "request line",
    "status-line": "status line",
    "blank": "empty line",
    "stray": "empty line",
    "chunk-size": "chunk size",
    "chunk-end": "end of chunk",
    "no-http": "no HTTP",
    "extra": "more bytes",
    "unread": "the rest",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an exchange: its text, and how it ends as Python would write it (`\\r\\n`)."""

    text: str
    marks: str


@dataclass(frozen=True, slots=True)
class PartShown:
    """A part of a message."""

    name: str
    label: str
    lines: list[Line]
    says: str
    is_odd: bool
    more: int
    """Bytes that are not shown."""


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A request or reply, with what was packed in its body."""

    parts: list[PartShown]
    unpacked: list[Line] | None
    is_more: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Some bytes of a transcript, and when they went or came."""

    is_sent: bool
    ms: float
    size: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class HexRow:
    """Sixteen bytes."""

    offset: str
    codes: str
    text: str


def lines_of(data: bytes | memoryview) -> list[Line]:
    """Bytes as lines in which every byte shows, safe to put into a page."""
    shown = render_bytes(bytes(data))
    texts = [line.rstrip(MARKS) for line in shown]
    # Many fonts lack ␍ and ␊; set apart by the page, these can't be taken for the line's own text.
    marks = [line[len(text) :].translate(SPELLED) for text, line in zip(texts, shown, strict=True)]
    return [Line(text, mark) for text, mark in zip(texts, marks, strict=True)]


def message(found: Message, data: bytes) -> MessageShown:
    """A message, part by part."""
    parts = [
        PartShown(
            name=part.name,
            label=LABELS.get(part.name, part.name),
            lines=lines_of(data[part.begin : min(part.end, part.begin + PART_BYTES)]),
            says=part.says,
            is_odd=part.is_odd,
            more=max(0, part.end - part.begin - PART_BYTES),
        )
        for part in found.parts
    ]
    inside = unpacked(found)
    if inside is None:
        return MessageShown(parts, None, False)
    return MessageShown(parts, lines_of(inside[0][:PART_BYTES]), inside[1])


def turn(found: Turn, request: bytes, response: bytes) -> dict[str, object]:
    """A turn with its messages as they are shown."""
    return {
        "turn": found,
        "request": message(found.request, request) if found.request else None,
        "replies": [message(each, response) for each in found.replies],
    }


def transcript(exchange: Exchange) -> list[Row]:
    """Both directions in the order of time; of what nobody timed, the request comes first."""
    ways = {">": bytes(exchange.request), "<": bytes(exchange.response)}
    rows: list[Row] = []
    for direction, seconds, size in joined(pieces_of(exchange)):
        data, ways[direction] = ways[direction][:size], ways[direction][size:]
        rows.append(Row(direction == ">", round(seconds * 1000, 1), size, lines_of(data)))
    return rows


def pieces_of(exchange: Exchange) -> Sequence[tuple[str, float, int]]:
    """The pieces that it went in; a step's exchange knows only where each way began."""
    if exchange.pieces:
        return [(direction, seconds, size) for direction, seconds, size in exchange.pieces]
    sent = (">", exchange.connect_seconds, len(exchange.request))
    got = ("<", exchange.first_byte_seconds or 0.0, len(exchange.response))
    return [each for each in (sent, got) if each[2]]


def joined(
    pieces: Sequence[tuple[str, float, int]],
) -> Iterator[tuple[str, float, int]]:
    """Those that came close together as one, and what is too much for a page as one more."""
    rows: list[tuple[str, float, int]] = []
    last = 0.0
    for direction, seconds, size in pieces:
        is_same = bool(rows) and rows[-1][0] == direction
        if is_same and (seconds - last < TOGETHER or len(rows) >= ROWS):
            rows[-1] = (direction, rows[-1][1], rows[-1][2] + size)
        else:
            rows.append((direction, seconds, size))
        last = seconds
    yield from rows


def hexadecimal(data: bytes) -> list[HexRow]:
    """The first bytes, sixteen a row."""
    return [
        HexRow(f"{at:06x}", spaced(row), "".join(map(letter, row)))
        for at in range(0, min(len(data), HEX_BYTES), ROW)
        for row in [data[at : at + ROW]]
    ]


def spaced(row: bytes) -> str:
    """Codes in two groups of eight."""
    codes = row.hex(" ")
    return f"{codes[:23]}  {codes[24:]}" if len(row) > ROW // 2 else codes


def letter(code: int) -> str:
    """A byte as a letter; a dot for what is none."""
    return chr(code) if 32 <= code < 127 else "·"
