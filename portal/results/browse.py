"""Look at a kept table: a page of it, sorted, filtered, with the columns that were chosen.

Pages are found by key (the row after which they begin), so page 1,000 costs what page 1 does.
Every name in a query is one of our own (`n`, `c7`); whatever a person chose is a parameter.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import duckdb

from portal.results import store
from portal.results.models import Extraction
from portal.results.order import NoSuchRow, Order

PAGE = 100
SHOWN = 200
"""Columns of a page, at most."""
OPS = {
    "has": "contains",
    "eq": "is",
    "ne": "is not",
    "lt": "less than",
    "gt": "more than",
    "null": "is null",
    "some": "is not null",
}
COMPARED = {"eq": "=", "ne": "IS DISTINCT FROM", "lt": "<", "gt": ">"}
NUMERIC = ("BIGINT", "DOUBLE", "INTEGER", "DECIMAL")


class BadChoice(Exception):
    """What was asked for makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: our own name for it, the person's, and its types."""

    key: str
    name: str
    type: str
    spark_type: str = ""
    nulls: int = 0
    absent: int = 0
    mixed: str = ""

    @property
    def is_number(self) -> bool:
        """Whether more and less mean something."""
        return self.type.startswith(NUMERIC)


@dataclass(frozen=True, slots=True)
class Filter:
    """Keep the rows whose column does so."""

    key: str
    op: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """How somebody looks at a table. `after` and `before` are numbers of rows."""

    table: str = "own"
    sort: str = "n"
    descending: bool = False
    filters: tuple[Filter, ...] = ()
    shown: tuple[str, ...] = ()
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number, its values in the order of the columns; for records, where it is."""

    number: int
    values: tuple[Any, ...]
    partition: int = 0
    offset: int = 0
    timestamp: int = -1
    event: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order, and after and before which rows the pages around them are."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    matching: int
    following: int | None
    preceding: int | None


def columns_of(extraction: Extraction, table: str) -> tuple[Column, ...]:
    """A table's columns, as they are kept."""
    kept = extraction.summary.get(table, {}).get("columns", [])
    if table == "own":
        return tuple(
            Column(f"c{at}", each["name"], known["type"], each["type"], known["nulls"])
            for at, (each, known) in enumerate(zip(extraction.columns, kept, strict=False))
        )
    return tuple(
        Column(
            f"c{at}",
            name,
            known["type"],
            "",
            known["nulls"],
            known["absent"],
            mixed(known["kinds"]),
        )
        for at, (name, known) in enumerate(zip(extraction.union_columns, kept, strict=False))
    )


def mixed(kinds: dict[str, int]) -> str:
    """What a key's values are where they don't agree, as in `3 text, 1 whole`; else nothing."""
    told = {kind: count for kind, count in kinds.items() if kind != "null"}
    return ", ".join(f"{count} {kind}" for kind, count in told.items()) if len(told) > 1 else ""


PLACES = {
    "n": Column("n", "#", "BIGINT"),
    "partition": Column("partition", "partition", "INTEGER"),
    "offset": Column("offset", "offset", "BIGINT"),
    "timestamp": Column("timestamp", "time", "BIGINT"),
}


def sortable(extraction: Extraction, table: str) -> dict[str, Column]:
    """What the table can be sorted and filtered by."""
    own = {each.key: each for each in columns_of(extraction, table)}
    return own | ({"n": PLACES["n"]} if table == "own" else PLACES)


def page(extraction: Extraction, view: View) -> Page:
    """A page. Raises BadChoice, and RowsGone where the rows are not kept."""
    known = sortable(extraction, view.table)
    if view.table not in ("own", "records") or view.sort not in known:
        raise BadChoice("There is no such column to sort by.")
    shown = [each for each in columns_of(extraction, view.table) if each.key in view.shown]
    columns = tuple(shown or columns_of(extraction, view.table))[:SHOWN]
    try:
        is_sampled = bool(extraction.summary.get(view.table, {}).get("is_sampled"))
        return fetch(store.reader(extraction.store), view, columns, known, is_sampled)
    except duckdb.ConversionException:
        raise BadChoice("The column's values can't be compared with what was typed.") from None


def fetch(
    cursor: Any,
    view: View,
    columns: tuple[Column, ...],
    known: dict[str, Column],
    is_sampled: bool,
) -> Page:
    """The rows of a page, and how many match. Raises BadChoice."""
    where, parameters = filtered(view.filters, known)
    counted = cursor.execute(
        f"SELECT count(*) FROM {view.table} WHERE {where}",  # noqa: S608 - see the module
        parameters,
    ).fetchone()
    backward = view.before is not None
    start = view.before if backward else view.after
    order = Order(view.table, view.sort, view.descending, backward)
    try:
        place = order.place(cursor, start) if start else None
    except NoSuchRow:
        raise BadChoice("There is no such row to go on from.") from None
    bound = order.bound(cursor, place, where, parameters) if is_sampled else None

    def rows_within(bound: Any) -> list[tuple[Any, ...]]:
        more, values = order.beyond(place, bound)
        return cursor.execute(  # type: ignore[no-any-return]
            f"SELECT {', '.join(chosen_of(view, columns))} FROM {view.table} "  # noqa: S608
            f"WHERE {where} AND {more} ORDER BY {order.sql} LIMIT {PAGE + 1}",
            [*parameters, *values],
        ).fetchall()

    found = rows_within(bound)
    if bound is not None and len(found) <= PAGE:
        found = rows_within(None)
    has_more = len(found) > PAGE
    found = found[:PAGE][::-1] if backward else found[:PAGE]
    rows = tuple(as_row(each, len(WHERE_IT_IS[view.table])) for each in found)
    first, last = (rows[0].number, rows[-1].number) if rows else (None, None)
    return Page(
        columns=columns,
        rows=rows,
        matching=counted[0] if counted else 0,
        following=last if (has_more or backward) else None,
        preceding=first if (has_more if backward else start) else None,
    )


WHERE_IT_IS = {"own": (), "records": ("partition", "offset", "timestamp", "event")}


def chosen_of(view: View, columns: tuple[Column, ...]) -> list[str]:
    """What is read of a row."""
    chosen = ["n", *(f'"{each}"' for each in WHERE_IT_IS[view.table])]
    # A record's values are all in its event.
    return chosen if view.table == "records" else [*chosen, *(each.key for each in columns)]


def as_row(found: tuple[Any, ...], places: int) -> Row:
    """A row as it was read."""
    if not places:
        return Row(found[0], found[1:])
    number, partition, offset, timestamp, event = found[:5]
    return Row(number, found[5:], partition, offset, timestamp, json.loads(event))


def filtered(filters: tuple[Filter, ...], known: dict[str, Column]) -> tuple[str, list[Any]]:
    """The condition and its parameters. Raises BadChoice."""
    conditions, parameters = ["true"], []
    for each in filters:
        column = known.get(each.key)
        if column is None or each.op not in OPS:
            raise BadChoice("There is no such column to filter by.")
        name = f'"{each.key}"'
        match each.op:
            case "null":
                conditions.append(f"{name} IS NULL")
            case "some":
                conditions.append(f"{name} IS NOT NULL")
            case "has":
                conditions.append(f"contains(lower(CAST({name} AS VARCHAR)), lower(?))")
                parameters.append(each.value)
            case op:
                conditions.append(f"{name} {COMPARED[op]} ?")
                parameters.append(typed(each.value, column))
    return " AND ".join(conditions), parameters


def typed(value: str, column: Column) -> Any:
    """What was typed, as the column's type has it. Raises BadChoice."""
    text = value.strip()
    if column.type == "BOOLEAN":
        if text.lower() not in ("true", "false"):
            raise BadChoice(f"{column.name} is true or false, not “{text}”.")
        return text.lower() == "true"
    if not column.is_number:
        return value
    try:
        return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else float(text)
    except ValueError:
        raise BadChoice(f"{column.name} is a number, and “{text[:40]}” is none.") from None
