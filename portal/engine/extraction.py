"""What a spark cell gave: the student's table, and beside it all that the topic holds.

Made from messages of `guest.cell`, which are hostile: every reader here raises ValueError for
what it doesn't expect, and nothing of what it returns is larger or stranger than a page can show.
"""

from dataclasses import dataclass
from typing import Any

from portal.engine.guest.plain import plain
from portal.engine.large import FetchedRows
from portal.engine.lines import items, number, record, text, whole

ROW_LIMIT = 10_000
COLUMN_LIMIT = 1000
NAME_LIMIT = 10_000
PROBLEMS = frozenset({"", "no-topic", "no-broker", "too-long"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and Spark's word for its type."""

    name: str
    type: str


Rows = tuple[tuple[Any, ...], ...] | FetchedRows
"""Those of a large table are read from a file each time that they are looked at."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a data frame, as JSON can carry them; not all of them when `truncated`."""

    name: str
    columns: tuple[Column, ...]
    rows: Rows
    row_count: int
    truncated: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class UnionRow:
    """One record that is a JSON object. `timestamp` is in milliseconds since the epoch."""

    partition: int
    offset: int
    timestamp: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A key that records have and the table has not."""

    column: str
    rows_with_it: int
    first_offset: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a record that is not what it should be."""

    partition: int
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Union:
    """All records of a topic, with all keys that any of them has."""

    topic: str
    columns: tuple[str, ...]
    rows: tuple[UnionRow, ...]
    records: int
    """How many there are; fewer are in `rows` when `truncated`, or when some are no objects."""
    truncated: bool
    not_json: int
    not_object: int
    not_json_samples: tuple[Sample, ...]
    not_object_samples: tuple[Sample, ...]
    dropped: tuple[Dropped, ...]
    reason: str
    """Why columns were dropped; empty when none were."""
    problem: str = ""
    """Why the topic could not be read, or not to its end: `no-topic`, `no-broker`, `too-long`."""


def to_table(message: dict[str, Any]) -> Table:
    """A `table` message. Raises ValueError."""
    columns = tuple(
        Column(text(each.get("name"), NAME_LIMIT), text(each.get("type"), NAME_LIMIT))
        for each in map(record, items(message.get("columns"), COLUMN_LIMIT))
    )
    rows = tuple(
        tuple(plain(value) for value in items(row, COLUMN_LIMIT))
        for row in items(message.get("rows"), ROW_LIMIT)
    )
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("a row has not as many values as there are columns")
    row_count = whole(message.get("row_count"), least=len(rows))
    return Table(
        name=text(message.get("name"), 200),
        columns=columns,
        rows=rows,
        row_count=row_count,
        truncated=len(rows) < row_count,
        seconds=number(message.get("seconds")),
    )


def to_union(message: dict[str, Any]) -> Union:
    """A `union` message. Raises ValueError."""
    samples = record(message.get("samples"))
    problem = text(message.get("problem"), 20)
    if problem not in PROBLEMS:
        raise ValueError("nobody knows that problem")
    return Union(
        topic=text(message.get("topic"), 300),
        columns=tuple(text(each, NAME_LIMIT) for each in items(message.get("columns"), 10_000)),
        rows=tuple(map(_union_row, items(message.get("rows"), ROW_LIMIT))),
        records=whole(message.get("records")),
        truncated=message.get("truncated") is True,
        not_json=whole(message.get("not_json")),
        not_object=whole(message.get("not_object")),
        not_json_samples=tuple(map(_sample, items(samples.get("not_json"), 5))),
        not_object_samples=tuple(map(_sample, items(samples.get("not_object"), 5))),
        dropped=tuple(map(_dropped, items(message.get("dropped"), 10_000))),
        reason=text(message.get("reason"), 500),
        problem=problem,
    )


def _union_row(value: object) -> UnionRow:
    given = record(value)
    return UnionRow(
        partition=whole(given.get("partition"), most=2**31 - 1),
        offset=whole(given.get("offset")),
        timestamp=whole(given.get("timestamp"), least=-1, most=2**53),
        values=plain(record(given.get("values"))),
    )


def _dropped(value: object) -> Dropped:
    given = record(value)
    return Dropped(
        column=text(given.get("column"), NAME_LIMIT),
        rows_with_it=whole(given.get("rows_with_it")),
        first_offset=whole(given.get("first_offset")),
    )


def _sample(value: object) -> Sample:
    given = record(value)
    return Sample(
        partition=whole(given.get("partition"), most=2**31 - 1),
        offset=whole(given.get("offset")),
        text=text(given.get("text"), 2000),
    )
