"""Extracted tables as files: CSV for spreadsheets, JSON lines and Parquet for programs."""

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from portal.engine.guest.plain import TEXT_LIMIT, is_cut
from portal.results import queries, store
from portal.results.browse import columns_of
from portal.results.ingest import literal, quoted
from portal.results.models import Extraction
from portal.results.queries import Filters
from portal.spreadsheets import Writer

CUT_COLUMN = "cut"
CUT_PATTERN = r"(…|\\u2026) \(\d+ characters\)($|\")"
"""How a cut text ends, by itself or within JSON."""
CUT_IN_JSON = re.compile(CUT_PATTERN)


class Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Return it."""
        return text


def own_table(
    extraction: Extraction, filters: Filters = ()
) -> tuple[list[str], Iterator[list[Any]]]:
    """Header of the student's table, and its rows that match. Raises BadChoice, RowsGone."""
    names = [each["name"] for each in extraction.columns]
    return marked(extraction, "own", names, queries.all_rows(extraction, filters))


def union_table(
    extraction: Extraction, filters: Filters = ()
) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows of the topic's records that match; a key that a record lacks is None."""
    names = [each.name for each in columns_of(extraction, "records")]
    header = [*where(extraction), *names]
    return marked(extraction, "records", header, queries.all_records(extraction, filters))


def where(extraction: Extraction) -> list[str]:
    """The columns that say where a record is."""
    return [*(["topic"] if extraction.has_topics else []), "partition", "offset", "timestamp"]


def marked(
    extraction: Extraction, table: str, header: list[str], rows: Iterator[list[Any]]
) -> tuple[list[str], Iterator[list[Any]]]:
    """The same with a column that names, for each row, those of which only a beginning is kept.

    Where all values are whole there is no such column.
    """
    if not has_cut(extraction, table):
        return header, rows
    name = unlike(CUT_COLUMN, {each.lower() for each in header})
    return [*header, name], (
        [*row, ", ".join(h for h, value in zip(header, row, strict=True) if holds_cut(value))]
        for row in rows
    )


def has_cut(extraction: Extraction, table: str) -> bool:
    """Whether any value of a table is only a beginning. Raises RowsGone."""
    found = cut_in(extraction, table)
    if not found:
        return False
    asked = f"SELECT 1 FROM {table} WHERE {' OR '.join(found.values())} LIMIT 1"  # noqa: S608
    return store.reader(extraction.store).execute(asked).fetchone() is not None


def cut_in(extraction: Extraction, table: str) -> dict[str, str]:
    """For each column that can hold a cut text, by its name: how SQL asks whether a row's does."""
    return {
        each.name: f"(length({each.key}) >= {TEXT_LIMIT} AND regexp_matches({each.key}, "
        f"{literal(CUT_PATTERN)}))"
        for each in columns_of(extraction, table)
        if each.type == "VARCHAR"
    }


def holds_cut(value: Any) -> bool:
    """Whether a value, or one within it, is only a beginning."""
    if isinstance(value, str):
        return is_cut(value) or (len(value) > TEXT_LIMIT and CUT_IN_JSON.search(value) is not None)
    if isinstance(value, dict):
        return any(holds_cut(each) for each in (*value, *value.values()))
    return isinstance(value, list) and any(map(holds_cut, value))


def as_parquet(
    extraction: Extraction, table: str, filters: Filters = ()
) -> "tempfile._TemporaryFileWrapper[bytes]":
    """A Parquet file of its own with what matches, gone once it is closed.

    Raises BadChoice, RowsGone.
    """
    matches, parameters = queries.condition(extraction, table, filters)
    kept = store.here(extraction.store)
    places = [] if table == "own" else where(extraction)
    taken, columns = set(places), [quoted(each) for each in places]
    columns += [
        f"{each.key} AS {quoted(unlike(each.name, taken))}"
        for each in columns_of(extraction, table)
    ]
    if has_cut(extraction, table):
        told = ", ".join(
            f"CASE WHEN {is_so} THEN {literal(name)} END"
            for name, is_so in cut_in(extraction, table).items()
        )
        columns.append(f"concat_ws(', ', {told}) AS {quoted(unlike(CUT_COLUMN, taken))}")
    # Closed, and so deleted, by the response that sends it.
    file = tempfile.NamedTemporaryFile(dir=store.folder(), suffix=".parquet")  # noqa: SIM115
    config: store.Config = {"memory_limit": "256MB", "threads": 1}
    with duckdb.connect(config=config) as database:
        # A database of its own: the one that pages read may not write files.
        database.execute(f"ATTACH {literal(str(kept))} AS kept (READ_ONLY)")
        database.execute(
            f"COPY (SELECT {', '.join(columns)} FROM kept.{table} "  # noqa: S608
            f"WHERE {matches} ORDER BY n) "
            f"TO {literal(file.name)} (FORMAT parquet, USE_TMP_FILE false)",
            parameters,
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
    writer = Writer(Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow(row)


def as_json_lines(header: list[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """A JSON object a row. A key that is there twice keeps its last value."""
    for row in rows:
        yield (
            json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False, default=str) + "\n"
        )


tables = {"own": own_table, "records": union_table}
WRITERS = {"csv": as_csv, "jsonl": as_json_lines}
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
