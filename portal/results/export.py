"""Extracted tables as files: CSV for spreadsheets, JSON lines and Parquet for programs."""

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from portal.results import queries, store
from portal.results.browse import columns_of
from portal.results.ingest import literal, quoted
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
    names = [each.name for each in columns_of(extraction, "records")]
    return [*WHERE, *names], queries.all_records(extraction)


def as_parquet(extraction: Extraction, table: str) -> "tempfile._TemporaryFileWrapper[bytes]":
    """A Parquet file of its own, gone once it is closed. Raises RowsGone."""
    store.reader(extraction.store).close()  # It is there.
    taken = set() if table == "own" else set(WHERE)
    columns = [] if table == "own" else [quoted(each) for each in WHERE]
    columns += [
        f"{each.key} AS {quoted(unlike(each.name, taken))}"
        for each in columns_of(extraction, table)
    ]
    # Closed, and so deleted, by the response that sends it.
    file = tempfile.NamedTemporaryFile(dir=store.folder(), suffix=".parquet")  # noqa: SIM115
    config: store.Config = {"memory_limit": "256MB", "threads": 1}
    with duckdb.connect(config=config) as database:
        # A database of its own: the one that pages read may not write files.
        database.execute(
            f"ATTACH {literal(str(store.path_of(extraction.store)))} AS kept (READ_ONLY)"
        )
        database.execute(
            f"COPY (SELECT {', '.join(columns)} FROM kept.{table} ORDER BY n) "  # noqa: S608
            f"TO {literal(file.name)} (FORMAT parquet, USE_TMP_FILE false)"
        )
    return file


def unlike(name: str, taken: set[str]) -> str:
    """A column's name that differs from all before it by more than case, as SQL needs it."""
    found, number = name or "column", 1
    while found.lower() in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found.lower())
    return found


def as_csv(header: list[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """Lines of CSV. Cells that a spreadsheet would run as formulas are quoted by an apostrophe."""
    writer = csv.writer(Echo())
    yield writer.writerow([cell(each) for each in header])
    for row in rows:
        yield writer.writerow([cell(each) for each in row])


def as_json_lines(header: list[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """A JSON object a row. A key that is there twice keeps its last value."""
    for row in rows:
        yield (
            json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False, default=str) + "\n"
        )


def cell(value: Any) -> str | int | float:
    """A value as a spreadsheet's cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


tables = {"own": own_table, "records": union_table}
WRITERS = {"csv": as_csv, "jsonl": as_json_lines}
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
