"""What two carriers say to each other: frames of a kind, a channel and some bytes."""

import struct
from collections.abc import Iterator
from enum import IntEnum

HEAD = struct.Struct("!BBI")
LARGEST = 1 << 16
"""Bytes in one frame."""
SOCKET, STDIN, STDOUT, STDERR = range(4)
"""Channels: the socket, and a command's pipes."""
PIPES = (STDIN, STDOUT, STDERR)


class Kind(IntEnum):
    """What a frame is for."""

    DATA = 0
    END = 1
    """Nothing more comes on this channel."""
    STOP = 2
    """Nobody reads this channel any more."""
    CREDIT = 3
    """So many more bytes may be sent on this channel, of a pipe."""
    PIPES = 4
    """Pipes go with what comes next on the socket."""


Frame = tuple[Kind, int, bytes]


class Garbled(Exception):
    """What came is no frame."""


def packed(kind: Kind, channel: int, data: bytes = b"") -> bytes:
    """A frame as it is sent."""
    return HEAD.pack(kind, channel, len(data)) + data


def unpacked(buffer: bytearray) -> Iterator[Frame]:
    """Take every whole frame out of what was received. Raises Garbled."""
    while len(buffer) >= HEAD.size:
        kind, channel, size = HEAD.unpack_from(buffer)
        if kind not in Kind._value2member_map_ or channel > STDERR or size > LARGEST:
            raise Garbled
        if len(buffer) < HEAD.size + size:
            return
        data = bytes(buffer[HEAD.size : HEAD.size + size])
        del buffer[: HEAD.size + size]
        yield Kind(kind), channel, data
