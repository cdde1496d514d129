"""Animated WebP, put together from stills: each frame is a still of what has changed, and where.

The container is RIFF: https://developers.google.com/speed/webp/docs/riff_container
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ANIMATION = 0x02
OVERWRITES = 0x02
"""A frame takes the place of what it covers; what is beside it stays."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A still as WebP, its upper left corner (even numbers), and for how long it stays."""

    still: bytes
    left: int
    top: int
    width: int
    height: int
    milliseconds: int


def put_together(width: int, height: int, frames: Iterable[Frame]) -> bytes:
    """A file that goes on for ever. Raises ValueError for what is no still of WebP."""
    head = struct.pack("<I", ANIMATION) + number(width - 1) + number(height - 1)
    parts = [chunk(b"VP8X", head), chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 0))]
    parts += [chunk(b"ANMF", placed(frame)) for frame in frames]
    return chunk(b"RIFF", b"WEBP" + b"".join(parts))


def placed(frame: Frame) -> bytes:
    """A frame's place and time, and its picture."""
    sizes = (frame.left // 2, frame.top // 2, frame.width - 1, frame.height - 1)
    head = b"".join(map(number, (*sizes, frame.milliseconds)))
    return head + bytes([OVERWRITES]) + b"".join(pictures(frame.still))


def pictures(still: bytes) -> Iterator[bytes]:
    """The chunks of a still that are its picture, without what tells of it."""
    if still[:4] != b"RIFF" or still[8:12] != b"WEBP":
        raise ValueError("This is no WebP.")
    at = 12
    while at + 8 <= len(still):
        name, size = still[at : at + 4], int.from_bytes(still[at + 4 : at + 8], "little")
        if name in (b"ALPH", b"VP8 ", b"VP8L"):
            yield chunk(name, still[at + 8 : at + 8 + size])
        at += 8 + size + size % 2


def chunk(name: bytes, content: bytes) -> bytes:
    """Of RIFF: its name, its length, and padding to an even one."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def number(value: int) -> bytes:
    """24 bits."""
    return value.to_bytes(3, "little")
