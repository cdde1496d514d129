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
FIRST_ROW = "first-row"
"""Why columns were dropped, where Spark took them from the first row; else the code chose them."""
PROBLEMS = frozenset({"", "no-topic", "no-broker", "too-long", "unread"})


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
    topic: str = ""


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
    topic: str = ""
    is_null: bool = False
    """Whether it has no value at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Records that Spark read: those of a partition from `first` up to, not including, `end`."""

    topic: str
    partition: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Union:
    """The records that were read, with all keys that any of them has."""

    topic: str
    """Its name; several names with commas between."""
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
    because: str = ""
    """The same as `reason`, for programs: `first-row` or `chosen`."""
    places: tuple[Place, ...] = ()
    """Where the records are, in the order in which Spark reads them."""
    null: Sample | None = None
    """The first record without a value."""

    @property
    def has_one_topic(self) -> bool:
        """Whether a record's place needs no topic to be told."""
        return len({each.topic for each in self.places}) < 2


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
        topic=text(message.get("topic"), 60_000)[:300],
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
        because=text(message.get("because", ""), 20),
        places=tuple(map(_place, items(message.get("sources", []), 1000))),
        null=_sample(message["null"]) if message.get("null") else None,
    )


def _union_row(value: object) -> UnionRow:
    given = record(value)
    return UnionRow(
        partition=whole(given.get("partition"), most=2**31 - 1),
        offset=whole(given.get("offset")),
        timestamp=whole(given.get("timestamp"), least=-1, most=2**53),
        values=plain(record(given.get("values"))),
        topic=text(given.get("topic", ""), 300),
    )


def _place(value: object) -> Place:
    given = items(value, 4)
    if len(given) != 4:
        raise ValueError("a place is a topic, a partition and two offsets")
    return Place(
        topic=text(given[0], 300),
        partition=whole(given[1], most=2**31 - 1),
        first=whole(given[2]),
        end=whole(given[3]),
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
        text=text(given.get("text", ""), 2000),
        topic=text(given.get("topic", ""), 300),
        is_null=given.get("is_null") is True,
    )
