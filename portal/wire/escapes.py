"""Bytes that no keyboard has, typed as `\\xNN`: from text to bytes, and back."""

import re
from dataclasses import dataclass

from portal.wire.models import CRLF, LF

ESCAPE = re.compile(rb"\\x([0-9A-Fa-f]{2})")
LONGEST = 4
"""Characters of an escape."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What gives the same bytes again: a text, what Enter sends, and whether it has escapes."""

    text: str
    line_ends: str
    has_escapes: bool


def unescaped(data: bytes) -> bytes:
    """Each `\\xNN` as the byte that it names; all else stays."""
    return ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data)


def as_typed(data: bytes) -> Typed:
    """Bytes as they could be typed."""
    line_ends = LF if b"\n" in data and b"\r\n" not in data else CRLF
    end = b"\n" if line_ends == LF else b"\r\n"
    lines = data.split(end)
    has_escapes = not all(map(is_plain, lines))
    return Typed("\n".join(escaped(each, has_escapes) for each in lines), line_ends, has_escapes)


def is_plain(line: bytes) -> bool:
    """Whether a line is a text that a field takes as it is."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return not any(each in text for each in "\0\r\n")


def escaped(line: bytes, has_escapes: bool) -> str:
    """A line, with escapes for what is no letter; one that only looks like an escape is none."""
    if not has_escapes:
        return line.decode()
    line = line.replace(b"\\x", rb"\x5cx")
    text = line.decode(errors="backslashreplace")
    return re.sub(r"[\0-\x08\x0a-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)
