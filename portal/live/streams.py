"""A stream is a bounded log with a cursor: a Redis Stream whose ids are its entries' numbers.

The number is the source's own (a line's number, an offset plus one). Entries go there in chunks,
whose id is the last one's number. What is appended again (after a restart, by a second relay) is
left out: nothing is ever doubled, and a reader that says its last number misses nothing that the
bound has not trimmed. What was trimmed shows as a gap in the numbers. Where a source's own
numbering has holes, as a compacted topic's has, an entry's `prev` names the number before it, and
that is no gap.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings

from portal.live import shares
from portal.live.chunks import Batch, Encoded, Fields, as_batch, encode, number_of, pack
from portal.live.connection import connect, connect_async

READ_BYTES = 128 * 1024
"""About what one read answers."""
MAX_BYTES = 16 << 20
"""A stream's text, whatever the number of its entries."""
CHUNKS_A_STREAM = 40
"""At least, when it is full: the oldest chunk is what is trimmed."""

# All at once: of two relays that append, neither can come between the other's look and its write,
# and the word that there is more costs no round trip. Trimming goes a twentieth beyond the bound,
# so that it isn't done for every chunk. A chunk of which a part is there ends it: its sender cuts
# it anew.
APPEND = (
    shares.COUNTING
    + """
local key, sizes = KEYS[1], KEYS[2]
local most, bytes, share = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[6]
local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
local last = 0
if newest then
  last = tonumber(string.match(newest[1], '^%d+'))
elseif redis.call('EXISTS', key) == 1 then
  local told = redis.call('XINFO', 'STREAM', key)
  for i = 1, #told, 2 do
    if told[i] == 'last-generated-id' then last = tonumber(string.match(told[i + 1], '^%d+')) end
  end
end
if tonumber(ARGV[4]) > last then return {-1, last} end
local size, held = 0, 0
if newest then size, held = sizes_of(key) end
local new = 0
for i = 9, #ARGV, 4 do
  local number = tonumber(ARGV[i + 1])
  if number > last then
    if tonumber(ARGV[i]) < last then break end
    redis.call('XADD', key, ARGV[i + 1] .. '-0', 'b', ARGV[i], 'c', ARGV[i + 2], 't', ARGV[i + 3])
    last, new = number, new + tonumber(ARGV[i + 2])
    held, size = held + tonumber(ARGV[i + 2]), size + #ARGV[i + 3]
  end
end
local length = redis.call('XLEN', key)
if held > most or size > bytes then
  while length > 1 and (held > most * SLACK or size > bytes * SLACK) do
    local oldest = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
    redis.call('XDEL', key, oldest[1])
    length, held, size = length - 1, held - tonumber(oldest[2][4]), size - #oldest[2][6]
  end
end
redis.call('SET', sizes, whole(size) .. ' ' .. whole(held), 'EX', ARGV[3])
redis.call('EXPIRE', key, ARGV[3])
strike_lapsed(share)
count(share, key, size + A_CHUNK * length)
redis.call('EXPIRE', 'share:' .. share, ARGV[3])
keep_bounds(share, tonumber(ARGV[7]), tonumber(ARGV[8]))
if new > 0 then redis.call('PUBLISH', ARGV[5], '') end
return {new, last}
"""
)

# Chunks are small or large; so many of them might be nothing or more than memory holds.
READ = """
local found, size, most = {}, 0, tonumber(ARGV[2])
local from = '(' .. ARGV[1] .. '-0'
while true do
  local part = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 16)
  for _, each in ipairs(part) do
    found[#found + 1], size = each, size + #each[2][6]
    if size >= most then return found end
  end
  if #part < 16 then return found end
  from = '(' .. part[#part][1]
end
"""


class Behind(Exception):
    """The stream ends before what its writer has appended: Redis has lost some of it."""

    def __init__(self, last: int):
        super().__init__(f"it ends at {last}")
        self.last = last


def epoch(key: str) -> str:
    """A short name for this one stream. A cursor of another's is worth nothing here."""
    return f"{zlib.crc32(key.encode()):08x}"


def stream_key(key: str) -> str:
    """Where a stream's chunks are."""
    return f"stream:{key}"


def sizes_key(key: str) -> str:
    """Where a stream's bytes and entries are counted."""
    return f"stream:{key}:sizes"


def channel(key: str) -> str:
    """What Redis publishes on when a stream has grown."""
    return f"grew:{key}"


@lru_cache(maxsize=1)
def _append() -> Any:
    return connect().register_script(APPEND)


@lru_cache(maxsize=1)
def _read() -> Any:
    return connect().register_script(READ)


def append(key: str, entries: Sequence[tuple[int, Fields]], *, follows: int = 0) -> int:
    """Append numbered entries; as `append_encoded`."""
    return append_encoded(key, [encode(*entry) for entry in entries], follows=follows)


def append_encoded(
    key: str, entries: Sequence[Encoded], *, follows: int = 0, most_bytes: int = 0
) -> int:
    """Append entries and wake the readers. Return how many were new.

    Entries at or below the stream's last number are there already and are left out. Raises Behind,
    and appends nothing, where the stream ends before number `follows`.
    """
    limits = (settings.STREAM_MAX_ENTRIES, most_bytes or MAX_BYTES, settings.STREAM_KEEP_SECONDS)
    most = max(1, settings.STREAM_MAX_ENTRIES // CHUNKS_A_STREAM)
    appended = 0
    while entries:
        whose = (shares.share_of(key), *shares.limits())
        words: list[str | int | bytes] = [*limits, follows, channel(key), *whose]
        for chunk in pack(entries, most):
            words += (chunk.before, chunk.last, chunk.count, chunk.text)
        new, last = _append()(keys=[stream_key(key), sizes_key(key)], args=words)
        if new < 0:
            raise Behind(last)
        appended += new
        entries = following(entries, last)
    return appended


def following(entries: Sequence[Encoded], last: int) -> list[Encoded]:
    """Those that the stream has not, which ends with that number now."""
    left = [entry for entry in entries if entry.number > last]
    if left and left[0].before < last:
        left[0] = left[0]._replace(before=last)
    return left


def last_number(key: str) -> int:
    """The newest entry's number; 0 for a stream that isn't there."""
    client = connect()
    newest: Any = client.xrevrange(stream_key(key), count=1)
    if newest:
        return number_of(newest[0][0])
    if not client.exists(stream_key(key)):
        return 0
    # It has lost all its chunks to its share's bound, but not its place.
    told: Any = client.xinfo_stream(stream_key(key))
    return number_of(told["last-generated-id"])


def read(key: str, after: int = 0, size: int = READ_BYTES) -> Batch:
    """Entries after a cursor, of about that size together, for threads."""
    return as_batch(_read()(keys=[stream_key(key)], args=[after, size]), after)


def batches(key: str, after: int = 0) -> Iterator[Batch]:
    """All that a stream has after a cursor, a batch at a time. Raises RedisError."""
    while (batch := read(key, after)).chunks:
        yield batch
        after = batch.last


def entries(key: str, after: int = 0) -> Iterator[tuple[int, Fields]]:
    """The same entry by entry, each with its number."""
    return (entry for batch in batches(key, after) for entry in batch.entries)


def is_cut(key: str) -> bool:
    """Whether its beginning is gone."""
    batch = read(key, 0, 1)
    return bool(batch.gap) or (not batch.chunks and last_number(key) > 0)


async def aread(key: str, after: int = 0, size: int = READ_BYTES) -> Batch:
    """The same for coroutines."""
    script: Any = connect_async().register_script(READ)
    return as_batch(await script(keys=[stream_key(key)], args=[after, size]), after)


def forget(keys: Iterable[str]) -> None:
    """Delete streams."""
    for key in keys:
        shares.forget(key)
