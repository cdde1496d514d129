"""A stream as a file: lines as text, records as JSON lines or CSV."""

import heapq
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async

from portal.engine.records import AS_USUAL
from portal.live import streams
from portal.spreadsheets import Writer

COLUMNS = (
    *("partition", "offset", "timestamp", "key", "value", "encoding", "size", "headers"),
    "truncated",
)
"""A value that is `truncated` is only the beginning of one of that `size`."""
PLACE = dict.fromkeys(("partition", "offset", "at"))
"""What a record's line begins with."""
Entry = dict[str, Any]
Lost = Callable[[int, int, int | None], AsyncIterator[Entry]]


async def entries_of(key: str) -> AsyncIterator[tuple[int, Entry, int]]:
    """All that a stream holds now: number, entry, and how many are gone before it."""
    after = 0
    end = await sync_to_async(streams.last_number)(key)
    while after < end:
        batch = await streams.aread(key, after)
        if not batch.chunks:
            return
        gap = batch.gap
        for number, fields in batch.entries:
            if number > end:
                return
            yield number, fields, gap
            gap = 0
        after = batch.last


async def text(key: str, otherwise: str = "") -> AsyncIterator[str]:
    """A log's lines, each with its time; a step's output as it was printed.

    `otherwise` is for a stream that is there no more.
    """
    async for _, entry, gap in entries_of(key):
        otherwise = ""
        if gap:
            yield f"… {gap} earlier lines are gone …\n"
        if "process" in entry:
            yield f"{moment(entry['at'])} {entry['process']} {entry['text']}\n"
        else:
            yield entry["text"]
    yield otherwise


async def records(keys: list[str], lost: Lost | None = None) -> AsyncIterator[Entry]:
    """The records of several partitions, the oldest first; each partition's in its order.

    `lost` yields those that a stream has not: of the one at that place in the list, from an offset
    to before another, or to the end.
    """
    sources = [whole(key, index, lost) for index, key in enumerate(keys)]
    waiting: list[tuple[float, int, int, Entry]] = []
    for index, source in enumerate(sources):
        await _advance(waiting, index, source)
    while waiting:
        _, index, _, entry = heapq.heappop(waiting)
        yield entry if "skipped" in entry else {**PLACE, **AS_USUAL, **entry}
        await _advance(waiting, index, sources[index])


async def whole(key: str, index: int, lost: Lost | None) -> AsyncIterator[Entry]:
    """A stream's records, with those that it has no more, or not yet."""
    last = 0
    async for number, entry, gap in entries_of(key):
        if gap and lost is not None:
            async for earlier in lost(index, number - 1 - gap, number - 1):
                yield earlier
        yield entry
        last = number
    if lost is not None:
        async for later in lost(index, last, None):
            yield later


async def _advance(waiting: list[Any], index: int, source: AsyncIterator[Entry]) -> None:
    async for entry in source:
        heapq.heappush(waiting, (entry["at"], index, entry["offset"], entry))
        return


async def as_json_lines(found: AsyncIterator[Entry]) -> AsyncIterator[str]:
    """A JSON object a record."""
    async for entry in found:
        yield json.dumps(entry, ensure_ascii=False) + "\n"


async def as_csv(found: AsyncIterator[Entry]) -> AsyncIterator[str]:
    """A line a record. Cells that a spreadsheet would run are quoted by an apostrophe."""
    yield row(list(COLUMNS))
    async for entry in found:
        timestamp = moment(entry["at"]) if entry["at"] >= 0 else ""
        cells = {**entry, "timestamp": timestamp, "headers": json.dumps(entry.get("headers", []))}
        cells["truncated"] = "true" if entry.get("truncated") else ""
        if entry.get("is_null"):
            cells["encoding"] = "null"
        yield row([cells.get(name) for name in COLUMNS])


def row(cells: list[Any]) -> str:
    """One line of CSV."""
    line = io.StringIO()
    Writer(line).writerow(cells)
    return line.getvalue()


def moment(seconds: float) -> str:
    """A time as text that sorts."""
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return str(seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
