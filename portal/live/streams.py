"""A stream is a bounded log with a cursor: a Redis Stream whose entries carry their numbers.

The number is the source's own (a line's number, an offset plus one), and is the entry's id. An
entry that is appended again (after a restart, by a second relay) is left out: nothing is ever
doubled, and a reader that says its last number misses nothing that the bound has not trimmed.
What was trimmed shows as a gap in the numbers. Where a source's own numbering has holes, as a
compacted topic's has, an entry's `prev` names the number before it, and that is no gap.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings

from portal.live.connection import connect, connect_async
from portal.live.wakeups import wake

READ_COUNT = 500
MAX_BYTES = 16 << 20
"""A stream's text, whatever the number of its entries."""
Fields = dict[str, Any]
Raw = list[tuple[bytes, dict[bytes, bytes]]]
"""What Redis answers to a read, as this portal's clients get it: bytes, nothing decoded."""

# All at once: of two relays that append, neither can come between the other's look and its write.
# Trimming goes a twentieth beyond the bound, so that it isn't done for every entry.
APPEND = """
local key, sizes = KEYS[1], KEYS[2]
local most, bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
if tonumber(ARGV[4]) > last then return {-1, last} end
local size = newest and tonumber(redis.call('GET', sizes) or 0) or 0
local new = 0
for i = 5, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    redis.call('XADD', key, ARGV[i] .. '-0', 'f', ARGV[i + 1])
    last, size, new = tonumber(ARGV[i]), size + #ARGV[i + 1], new + 1
  end
end
local length = redis.call('XLEN', key)
if length > most or size > bytes then
  while length > 1 and (length > most * 0.95 or size > bytes * 0.95) do
    local oldest = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
    redis.call('XDEL', key, oldest[1])
    length, size = length - 1, size - #oldest[2][2]
  end
end
redis.call('SET', sizes, size, 'EX', ARGV[3])
redis.call('EXPIRE', key, ARGV[3])
return {new, last}
"""


class Behind(Exception):
    """The stream ends before what its writer has appended: Redis has lost some of it."""

    def __init__(self, last: int):
        super().__init__(f"it ends at {last}")
        self.last = last


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that follow a cursor. `gap` counts the entries trimmed between the two."""

    entries: tuple[tuple[int, Fields], ...]
    gap: int = 0
    size: int = field(default=0, compare=False)
    """Bytes of the entries."""

    @property
    def last(self) -> int:
        """The cursor after these. Only for a batch that has entries."""
        return self.entries[-1][0]


def group_name(key: str) -> str:
    """The channel layer's group that is told when a stream has grown."""
    return f"stream.{key.replace(':', '.')}"[:99]


def epoch(key: str) -> str:
    """A short name for this one stream. A cursor of another's is worth nothing here."""
    return f"{zlib.crc32(key.encode()):08x}"


def sizes_key(key: str) -> str:
    """Where the bytes of a stream are counted."""
    return f"{key}:bytes"


@lru_cache(maxsize=1)
def _append() -> Any:
    return connect().register_script(APPEND)


def append(key: str, entries: Sequence[tuple[int, Fields]], *, follows: int = 0) -> int:
    """Append numbered entries and wake the readers. Return how many were new.

    Entries at or below the stream's last number are there already and are left out. Raises Behind,
    and appends nothing, where the stream ends before number `follows`.
    """
    if not entries:
        return 0
    words: list[str | int] = [settings.STREAM_MAX_ENTRIES, MAX_BYTES, settings.STREAM_KEEP_SECONDS]
    words.append(follows)
    for number, fields in entries:
        words += [number, json.dumps(fields)]
    new, last = _append()(keys=[key, sizes_key(key)], args=words)
    if new < 0:
        raise Behind(last)
    if new:
        wake(group_name(key), {"type": "stream.grew", "key": key})
    return int(new)


def last_number(key: str) -> int:
    """The newest entry's number; 0 for a stream that isn't there."""
    newest: Raw = connect().xrevrange(key, count=1)  # type: ignore[assignment]
    return number_of(newest[0][0]) if newest else 0


def read(key: str, after: int = 0, count: int = READ_COUNT) -> Batch:
    """The entries after a cursor, for threads."""
    raw: Raw = connect().xrange(key, min=f"({after}-0", count=count)  # type: ignore[assignment]
    return as_batch(raw, after)


async def aread(key: str, after: int = 0, count: int = READ_COUNT) -> Batch:
    """The entries after a cursor, for coroutines."""
    raw: Raw = await connect_async().xrange(key, min=f"({after}-0", count=count)  # type: ignore[assignment]
    return as_batch(raw, after)


def as_batch(raw: Raw, after: int) -> Batch:
    """Read what Redis answered. A batch ends before a gap, which the next one begins with."""
    entries: list[tuple[int, Fields]] = []
    gap = size = 0
    for entry_id, stored in raw:
        number, fields = number_of(entry_id), json.loads(stored[b"f"])
        missing = fields.pop("prev", number - 1) - (entries[-1][0] if entries else after)
        if missing > 0:
            if entries:
                break
            gap = missing
        entries.append((number, fields))
        size += len(stored[b"f"])
    return Batch(tuple(entries), gap, size)


def number_of(entry_id: bytes) -> int:
    """The number in an entry's id."""
    return int(entry_id.split(b"-", 1)[0])


def forget(keys: Iterable[str]) -> None:
    """Delete streams."""
    if names := [each for key in keys for each in (key, sizes_key(key))]:
        connect().delete(*names)
