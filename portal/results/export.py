"""Extracted tables as files: CSV for spreadsheets, JSON lines for programs."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from portal.results import queries
from portal.results.models import Extraction

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
WHERE = ["partition", "offset", "timestamp"]


class Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Return it."""
        return text


def own_table(extraction: Extraction) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows of the student's table."""
    return [each["name"] for each in extraction.columns], queries.all_rows(extraction)


def union_table(extraction: Extraction) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows of the topic's records; a key that a record lacks is None."""
    names = list(extraction.union_columns)
    rows = (
        [each.partition, each.offset, each.timestamp, *map(each.values.get, names)]
        for each in queries.all_records(extraction)
    )
    return [*WHERE, *names], rows


def as_csv(header: list[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """Lines of CSV. Cells that a spreadsheet would run as formulas are quoted by an apostrophe."""
    writer = csv.writer(Echo())
    yield writer.writerow([cell(each) for each in header])
    for row in rows:
        yield writer.writerow([cell(each) for each in row])


def as_json_lines(header: list[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """A JSON object a row. A key that is there twice keeps its last value."""
    for row in rows:
        yield json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) + "\n"


def cell(value: Any) -> str | int | float:
    """A value as a spreadsheet's cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
