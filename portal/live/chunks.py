"""Entries as they are kept and sent: many in one piece of text, so that a burst is few pieces.

A chunk's text is what pages get, made once by whoever appends; to send it on nobody looks into it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

CHUNK_BYTES = 32 * 1024
Fields = dict[str, Any]
Raw = list[tuple[bytes, list[bytes]]]
"""What Redis answers to a read: ids, and the names and contents of fields in turn."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Fields]).decode


class Encoded(NamedTuple):
    """An entry: its number, the number before it in its source, and both in its text."""

    number: int
    before: int
    text: bytes


def encode(number: int, fields: Fields) -> Encoded:
    """An entry from its fields. `prev` among them names the number before it, if not one less."""
    told = {**fields, "n": number}
    before = told.pop("prev", number - 1)
    try:
        return Encoded(number, before, _encode(told))
    except UnicodeEncodeError:
        # Half of a surrogate pair is no text that anything else could read.
        text = json.dumps(told, ensure_ascii=False).encode(errors="replace")
        return Encoded(number, before, text)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Entries that follow on one another; `before` is the number before the first."""

    before: int
    last: int
    count: int
    text: bytes

    def entries(self) -> list[tuple[int, Fields]]:
        """Its entries with their numbers."""
        found = _decode(b"[%b]" % self.text)
        return [(fields.pop("n"), fields) for fields in found]

    def after(self, number: int) -> "Chunk":
        """What of it follows a number that is beyond its `before`."""
        left = [encode(n, fields) for n, fields in self.entries() if n > number]
        return Chunk(number, self.last, len(left), joined(left))


def joined(entries: Iterable[Encoded]) -> bytes:
    """Their texts as one."""
    return b",".join([entry.text for entry in entries])


def pack(entries: Iterable[Encoded], most: int) -> Iterator[Chunk]:
    """Chunks of no more than so many entries each, in order."""
    taken: list[Encoded] = []
    size = 0
    for entry in entries:
        is_next = not taken or entry.before == taken[-1].number
        if taken and (not is_next or len(taken) >= most or size >= CHUNK_BYTES):
            yield as_chunk(taken)
            taken, size = [], 0
        taken.append(entry)
        size += len(entry.text)
    if taken:
        yield as_chunk(taken)


def as_chunk(entries: list[Encoded]) -> Chunk:
    """All of these, which follow on one another."""
    return Chunk(entries[0].before, entries[-1].number, len(entries), joined(entries))


@dataclass(frozen=True)
class Batch:
    """Chunks after a cursor, in order; `gap` entries before the first are gone."""

    chunks: tuple[Chunk, ...] = ()
    gap: int = 0

    @cached_property
    def entries(self) -> tuple[tuple[int, Fields], ...]:
        """What it holds, entry by entry."""
        return tuple(entry for chunk in self.chunks for entry in chunk.entries())

    @property
    def text(self) -> bytes:
        """What it holds, as the inside of a JSON list."""
        return b",".join([chunk.text for chunk in self.chunks])

    @property
    def last(self) -> int:
        """The cursor after these. Only for a batch that has entries."""
        return self.chunks[-1].last


def as_batch(raw: Raw, after: int) -> Batch:
    """Read what Redis answered. A batch ends before a gap, which the next one begins with."""
    chunks: list[Chunk] = []
    gap = 0
    for entry_id, (_, before, _, count, _, text) in raw:
        chunk = Chunk(int(before), number_of(entry_id), int(count), text)
        missing = chunk.before - (chunks[-1].last if chunks else after)
        if missing > 0:
            if chunks:
                break
            gap = missing
        chunks.append(chunk if missing >= 0 else chunk.after(after))
    return Batch(tuple(chunks), gap)


def number_of(entry_id: bytes) -> int:
    """The number in an entry's id."""
    return int(entry_id.split(b"-", 1)[0])
