"""Batches of records that a reader survives: bombs, codecs that aren't here, odd headers.

Importing this changes how kafka-python reads a batch. Of what can't be read it makes one record
that stands for all of it, whose only header is a `Skipped`, so that a reader goes on behind it.
"""

from collections.abc import Iterator
from typing import Any

from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

from .codecs import Unreadable, unpack


class Skipped(str):
    """Why records were skipped; `records` says how many."""

    records: int

    def __new__(cls, reason: str, count: int) -> "Skipped":
        """A text that counts."""
        made = super().__new__(cls, reason)
        made.records = count
        return made


def skipped_in(record: Any) -> Skipped | None:
    """What the record stands for, if it is none itself."""
    name = record.headers[0][0] if record.headers else None
    return name if isinstance(name, Skipped) else None


def read(batch: Any) -> Iterator[Any]:
    """A batch's records, with stand-ins for those that can't be read."""
    if problem := _unpack(batch):
        yield _stand_in(batch, batch.last_offset, Skipped(problem, batch.records_count))
        return
    while True:
        try:
            yield batch.__next__()
        except StopIteration:
            return
        except CorruptRecordError:
            skipped = _step_over(batch)
            yield skipped
            if skipped.offset >= batch.last_offset:
                return


def _unpack(batch: Any) -> str:
    """Unpack it; say why not where that can't be."""
    codec = batch.compression_type
    if batch._decompressed or not codec:
        return ""
    try:
        unpacked = unpack(codec, bytes(memoryview(batch._buffer)[batch._pos :]))
    except Unreadable as why:
        return f"they {why}"
    batch._buffer, batch._pos, batch._decompressed = bytearray(unpacked), 0, True
    return ""


def _step_over(batch: Any) -> Any:
    """Leave out the record that can't be read, or all the rest where its end isn't known."""
    try:
        length, start = decode_varint(batch._buffer, batch._pos)
        _, position = decode_varint(batch._buffer, start)
        _, position = decode_varint(batch._buffer, position)
        delta, _ = decode_varint(batch._buffer, position)
        if length <= 0 or start + length > len(batch._buffer):
            raise ValueError("its length is nonsense")
    except (ValueError, IndexError):
        left = batch.records_count - batch._next_record_index
        return _stand_in(batch, batch.last_offset, Skipped("they are damaged", left))
    batch._pos = start + length
    batch._next_record_index += 1
    return _stand_in(batch, batch.base_offset + delta, Skipped("its headers are no text", 1))


def _stand_in(batch: Any, offset: int, skipped: Skipped) -> Any:
    return DefaultRecord(0, offset, batch.max_timestamp, 0, None, None, [(skipped, b"")])


DefaultRecordBatch.__iter__ = read
