"""Where a table says otherwise than the records that it was made of.

A `Row` or a tuple is put into a table by place: where a record's keys come in another order, or are
others, its values end under wrong names, and nothing says so. And a value that is not of the type
which the first row had becomes NULL. Both show where a row is held beside its record.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from portal.engine.causes import records
from portal.engine.causes.cause import Cause
from portal.engine.extraction import FIRST_ROW, Column, Table, Union, UnionRow

LOOKED_AT = 10_000
FINDINGS = 20
CASE_TWINS = 5
NAMES = 8
"""Columns that a sentence names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One column of a table that is not what its records say, by its first row that shows it."""

    cause: str
    words: str
    advice: str
    column: str
    rows: int = 1
    """How many rows show it, of those that were looked at."""
    row: int = 0
    topic: str = ""
    partition: int = 0
    offset: int = 0
    got: str = ""
    sent: str = ""
    other: str = ""
    """The key whose value stands in the column."""


def compare(table: Table | None, union: Union | None) -> tuple[Finding, ...]:
    """What differs, once for each column; nothing where rows and records can't be told to be one.

    They can where there are as many, in their order, and the first row is that of the first record.
    """
    if union is None:
        return ()
    found = [*_twins(union)]
    if table is not None and table.row_count == union.records == len(union.rows):
        found += islice(_differing(table, union), FINDINGS)
    return tuple(found)


def of_first_row(union: Union | None) -> Iterator[str]:
    """What is said of columns that Spark did not see in the first row."""
    if union and union.because == FIRST_ROW:
        shown = ", ".join(each.column[:60] for each in union.dropped[:NAMES])
        more = f" and {len(union.dropped) - NAMES} more" if len(union.dropped) > NAMES else ""
        yield records.FIRST_ROW.words(columns=shown + more)


def _differing(table: Table, union: Union) -> Iterator[Finding]:
    names = [each.name for each in table.columns]
    first: dict[tuple[str, str], Finding] = {}
    counts: dict[tuple[str, str], int] = {}
    for number, (row, record) in enumerate(
        islice(zip(table.rows, union.rows, strict=False), LOOKED_AT), 1
    ):
        differing = [at for at, name in enumerate(names) if not _is_kept(row[at], record, name)]
        if number == 1 and differing:
            return
        for finding in _of_row(table.columns, row, record, differing, number, union):
            key = finding.column, finding.cause
            first.setdefault(key, finding)
            counts[key] = counts.get(key, 0) + 1
    for key, finding in first.items():
        yield _counted(finding, counts[key])


def _counted(finding: Finding, rows: int) -> Finding:
    more = f" ({rows} rows are like that.)" if rows > 1 else ""
    return replace(finding, rows=rows, words=finding.words + more)


def _is_kept(value: Any, record: UnionRow, name: str) -> bool:
    """Whether a row has what its record says under that name."""
    sent = record.values.get(name)
    if isinstance(sent, (dict, list)):
        return value is not None
    return _told(value) == _told(sent)


def _of_row(
    columns: tuple[Column, ...],
    row: tuple[Any, ...],
    record: UnionRow,
    differing: list[int],
    number: int,
    union: Union,
) -> Iterator[Finding]:
    keys = keys_by_place(columns, row, record)
    for at in differing:
        column, sent = columns[at], record.values.get(columns[at].name)
        where = {"row": number, "name": column.name, "record": _place(record, union)}
        if keys:
            got = "NULL" if row[at] is None else _short(row[at])
            value = got if row[at] is None else repr(got)
            given = {"got": got, "value": value, "other": keys[at]}
            yield _finding(records.SWAPPED, column.name, record, number, sent, **where, **given)
        elif row[at] is None and sent is not None and not _is_alike(sent, union, column.name):
            given = {"sent": _short(sent), "type": column.type}
            yield _finding(records.NULLED, column.name, record, number, sent, **where, **given)


def keys_by_place(columns: tuple[Column, ...], row: tuple[Any, ...], record: UnionRow) -> list[str]:
    """For each column the key whose value stands in it, where they are not the column's own.

    A row that was put together by place has the record's values in the record's order (those that
    the column's type did not take are NULL), or all of them in some other. Else there are none.
    """
    values = {key: _told(value) for key, value in record.values.items()}
    told = [_told(each) for each in row]
    names = [each.name for each in columns]
    if len(values) != len(names) or list(values) == names:
        return []
    in_order = list(values)
    if any(each is not None for each in row) and all(
        row[at] is None or told[at] == values[key] for at, key in enumerate(in_order)
    ):
        return in_order
    if sorted(told) != sorted(values.values()):
        return []
    return [next(key for key, value in values.items() if value == each) for each in told]


def _is_alike(sent: Any, union: Union, name: str) -> bool:
    """Whether a value has the type of the first record's: then it was the code that left it out."""
    return type(sent) is type(union.rows[0].values.get(name))


def _finding(
    cause: Cause, column: str, at: UnionRow, number: int, said: Any, **given: Any
) -> Finding:
    return Finding(
        cause=cause.name,
        words=cause.words(**given),
        advice=cause.advice,
        column=column,
        row=number,
        topic=at.topic,
        partition=at.partition,
        offset=at.offset,
        got=str(given.get("got", "NULL")),
        sent=_short(said),
        other=str(given.get("other", "")),
    )


def _twins(union: Union) -> Iterator[Finding]:
    """Keys that differ by case alone."""
    seen: dict[str, str] = {}
    told = 0
    for key in union.columns:
        twin = seen.setdefault(key.lower(), key)
        if twin != key and told < CASE_TWINS:
            told += 1
            words = records.CASE_TWINS.words(name=repr(twin), other=repr(key))
            yield Finding(
                records.CASE_TWINS.name, words, records.CASE_TWINS.advice, twin, other=key
            )


def _place(record: UnionRow, union: Union) -> str:
    words = f"offset {record.offset}"
    if len({each.partition for each in union.places}) > 1:
        words += f" of partition {record.partition}"
    return words if union.has_one_topic else f"{words} of topic {record.topic}"


def _told(value: Any) -> str:
    """A value so that Spark's word for it and JSON's are the same."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(float(value))
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    text = str(value)
    if text in ("true", "false"):
        return text
    try:
        return repr(float(text))
    except ValueError:
        return text


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
