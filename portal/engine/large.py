"""Rows of a table that is too large for a message: fetched as a file, and read as they are needed.

They come from where students' code runs: every bound is held here, whatever the file says.
"""

import json
import tempfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from portal.engine.errors import ClusterError
from portal.engine.guest.large import ROWS
from portal.engine.guest.plain import short
from portal.engine.lines import GarbledReply
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime

FETCHED_BYTES = 96 * 2**20
"""Compressed, on this host's disk for as long as they are read."""
UNPACKED_BYTES = 512 * 2**20
LINE_BYTES = 2 * 2**20
PIECE = 64 * 1024
SECONDS = 60.0
GZIP = 31

Row = tuple[Any, ...]
"""Texts and None; as any row of a table, it may hold anything to whoever reads it."""


class FetchedRows:
    """Rows in a file of their own, which is gone with them. Each look reads it anew."""

    def __init__(self, file: IO[bytes], width: int):
        self.file = file
        self.width = width

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows, up to what there may be. Raises GarbledReply for what is none."""
        for number, line in enumerate(lines_of(self.file)):
            if number == ROWS:
                return
            yield row_of(line, self.width)


def fetch(
    runtime: Runtime, session: str, service: str, width: int, cancelled: Cancelled
) -> FetchedRows:
    """Bring over what the last cell wrote, or its beginning. Raises ClusterError."""
    # It has no name, so nothing is left of it however this process ends.
    file = tempfile.TemporaryFile()  # noqa: SIM115 - its rows own it
    left = FETCHED_BYTES
    argv = guest("large")
    execution = runtime.exec(session, service, argv, timeout=SECONDS, cancelled=cancelled)
    try:
        for piece in execution:
            if piece.stream == "stdout":
                file.write(piece.data[:left])
                left -= len(piece.data)
            if left <= 0:
                break
    except ClusterError:
        file.close()
        raise
    finally:
        execution.close()
    return FetchedRows(file, width)


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file of gzip members; one that was cut short ends there."""
    rest = bytearray()
    for piece in unpacked(file):
        rest += piece
        *whole, last = rest.split(b"\n")
        yield from map(bytes, whole)
        rest = bytearray(last)
        if len(rest) > LINE_BYTES:
            raise GarbledReply("A program in the cluster wrote a row that is too long.")


def unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """What gzip members hold, a piece at a time, so that little cannot become much in memory."""
    file.seek(0)
    left, packed, member = UNPACKED_BYTES, b"", zlib.decompressobj(GZIP)
    while left > 0:
        packed = packed or file.read(PIECE)
        if not packed:
            return
        try:
            piece = member.decompress(packed, PIECE)
        except zlib.error as error:
            raise GarbledReply(f"A program in the cluster wrote no gzip: {error}") from error
        packed = member.unconsumed_tail
        if member.eof:
            packed, member = member.unused_data, zlib.decompressobj(GZIP)
        left -= len(piece)
        yield piece


def row_of(line: bytes, width: int) -> Row:
    """A line as a row. Raises GarbledReply."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise GarbledReply("A program in the cluster wrote a row that is no JSON.") from None
    if not isinstance(found, list) or len(found) != width:
        raise GarbledReply("A program in the cluster wrote a row of another width.")
    if not all(each is None or isinstance(each, str) for each in found):
        raise GarbledReply("A program in the cluster wrote a row that is not of texts.")
    return tuple(each if each is None else short(each) for each in found)
