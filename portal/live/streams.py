"""A stream is a bounded log with a cursor: a Redis Stream whose entries carry their numbers.

The number is the source's own (a line's number, an offset plus one), and is the entry's id. Redis
takes ids in rising order only, so an entry that is appended again (after a restart, by a second
relay) is refused: nothing is ever doubled, and a reader that says its last number misses nothing
that the bound has not trimmed. What was trimmed shows as a gap in the numbers.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from portal.live.connection import connect, connect_async
from portal.live.wakeups import wake

READ_COUNT = 500
Fields = dict[str, Any]
Raw = list[tuple[bytes, dict[bytes, bytes]]]
"""What Redis answers to a read, as this portal's clients get it: bytes, nothing decoded."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that follow a cursor. `gap` counts the entries trimmed between the two."""

    entries: tuple[tuple[int, Fields], ...]
    gap: int = 0

    @property
    def last(self) -> int:
        """The cursor after these. Only for a batch that has entries."""
        return self.entries[-1][0]


def group_name(key: str) -> str:
    """The channel layer's group that is told when a stream has grown."""
    return f"stream.{key.replace(':', '.')}"[:99]


def append(key: str, entries: Sequence[tuple[int, Fields]]) -> int:
    """Append numbered entries and wake the readers. Return how many were new.

    Entries at or below the stream's last number are there already and are left out.
    """
    if not entries:
        return 0
    client = connect()
    pipe = client.pipeline(transaction=False)
    for number, fields in entries:
        pipe.xadd(
            key,
            {"f": json.dumps(fields)},
            id=f"{number}-0",
            maxlen=settings.STREAM_MAX_ENTRIES,
            approximate=True,
        )
    pipe.expire(key, settings.STREAM_KEEP_SECONDS)
    results = pipe.execute(raise_on_error=False)
    refused = [each for each in results if isinstance(each, redis.ResponseError)]
    for error in refused:
        if "equal or smaller" not in str(error):
            raise error
    wake(group_name(key), {"type": "stream.grew", "key": key})
    return len(entries) - len(refused)


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
    """Read what Redis answered."""
    entries = tuple((number_of(entry), json.loads(fields[b"f"])) for entry, fields in raw)
    return Batch(entries, gap=entries[0][0] - after - 1 if entries else 0)


def number_of(entry_id: bytes) -> int:
    """The number in an entry's id."""
    return int(entry_id.split(b"-", 1)[0])


def forget(keys: Iterable[str]) -> None:
    """Delete streams."""
    if names := list(keys):
        connect().delete(*names)
