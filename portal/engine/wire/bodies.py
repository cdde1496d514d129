"""Bodies: as long as a header says, or in chunks; and what is packed in them, up to a bound."""

import re
import zlib

from portal.engine.wire.heads import read_headers
from portal.engine.wire.part import Cursor, Message

SIZE = re.compile(rb"[0-9a-fA-F]{1,12}")
UNPACKED = 64 * 1024
"""Of a packed body no more than that is unpacked: a few KB may hold gigabytes."""


def read_length(cursor: Cursor, message: Message, length: int) -> None:
    """A body of so many bytes, or what has come of it."""
    begin = cursor.at
    size = cursor.take(message, "body", begin + length, f"The body, {length:,} bytes.")
    message.body = cursor.data[begin : begin + size]
    if size < length:
        message.lacks = "body"
        if size:
            last = message.parts.pop()
            cursor.at = last.begin
            says = f"The body so far: {size:,} of {length:,} bytes."
            cursor.take(message, "body", begin + size, says, True)


def read_chunks(cursor: Cursor, message: Message) -> None:
    """A body in chunks, up to its end or to where it is none any more."""
    body = bytearray()
    message.lacks = "body"
    while not cursor.ended() and not cursor.is_full:
        line = cursor.peek()
        size = line.text.split(b";")[0].strip()
        if not SIZE.fullmatch(size):
            says = "A chunk's size in hexadecimal should stand here. What follows can't be told."
            if line.has_end or len(line.text) > 16:
                cursor.rest(message, "unread", says)
                message.lacks = ""
                message.notes.append("The chunks are broken: one has no size.")
            else:
                cursor.rest(message, "chunk-size", "The size of a chunk has not come whole.")
            break
        length = int(size, 16)
        if not line.has_end:
            cursor.rest(message, "chunk-size", "The size of a chunk has not come whole.")
            break
        if length == 0:
            cursor.take(message, "chunk-size", line.end, "A chunk of no bytes: the body is over.")
            if read_headers(cursor, message, "trailer"):
                message.lacks = ""
            break
        cursor.take(
            message,
            "chunk-size",
            line.end,
            f"The next chunk has {length:,} bytes ({size.decode()} in hexadecimal).",
        )
        begin = cursor.at
        got = cursor.take(message, "chunk", begin + length)
        body += cursor.data[begin : begin + got]
        if got == length and not cursor.ended() and not close_chunk(cursor, message):
            break
    message.body = bytes(body)


def close_chunk(cursor: Cursor, message: Message) -> bool:
    """The end of a line behind a chunk; False where something else is there."""
    line = cursor.peek()
    if line.has_end and not line.text:
        cursor.take(message, "chunk-end", line.end)
        return True
    if cursor.data[cursor.at :] == b"\r":
        cursor.take(message, "chunk-end", cursor.at + 1)
        return False
    cursor.rest(
        message, "unread", "The chunk is longer than its size says. What follows can't be told."
    )
    message.lacks = ""
    message.notes.append("The chunks are broken: one is longer than its size says.")
    return False


def unpacked(message: Message) -> tuple[bytes, bool] | None:
    """The beginning of a packed body, and whether there is more; None for one that isn't packed.

    What can't be unpacked gives what there was before that.
    """
    coding = message.value(b"content-encoding").lower()
    wbits = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}.get(coding)
    if wbits is None or not message.body:
        return None
    unpacker = zlib.decompressobj(wbits)
    try:
        found = unpacker.decompress(message.body, UNPACKED)
        is_more = bool(unpacker.unconsumed_tail) and not unpacker.eof
    except zlib.error:
        return b"", False
    return found, is_more
