"""Write what a spark step gave into a file of its own: typed, numbered, counted once.

Every value goes through a text of JSON lines that DuckDB reads in a stream, so that neither
program holds a table twice. A column has a type only if every value of it has.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from portal.engine.extraction import COLUMN_LIMIT, Table, Union
from portal.results import charts, order
from portal.results.bounds import LOOK_ROWS, Bounds
from portal.results.store import Config

LIMITS: Config = {"memory_limit": "512MB", "threads": 2}
LARGEST_LINE = 20 * 2**20
OWN, RECORDS = "own", "records"
PLACE = {"partition": "INTEGER", "offset": "BIGINT", "timestamp": "BIGINT"}
WHOLE = re.compile(r"(tinyint|smallint|int|bigint|long)")
DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
DIGITS = 38
"""As many as a decimal number of DuckDB's, and of Spark's, can have."""
NUMBERS = frozenset({"whole", "number"})


@dataclass(slots=True)
class Key:
    """What is known of one column once every row was seen."""

    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def type(self) -> str:
        """The one type that all its values have; text holds any."""
        seen = set(self.kinds) - {"null"}
        if seen == {"whole"}:
            return "BIGINT"
        if seen and seen <= NUMBERS:
            return "DOUBLE"
        return "BOOLEAN" if seen == {"boolean"} else "VARCHAR"


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a server's log, kept so that a row finds the request that made it."""

    number: int
    at: float
    service: str
    process: str
    text: str


def write(
    path: Path,
    table: Table | None,
    union: Union | None,
    log: Iterable[LogLine] = (),
    event_key: str = "",
    bounds: Bounds | None = None,
) -> dict[str, Any]:
    """Write a file and return its summary: types, nulls and counts, by table.

    `event_key` is the key that says what happened: what the bars count by. Raises what `bounds`
    raise, and leaves nothing then.
    """
    bounds = bounds or Bounds()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    summary: dict[str, Any] = {}
    try:
        config: Config = {**LIMITS, "temp_directory": f"{unfinished}.tmp"}
        with duckdb.connect(unfinished, config=config) as database, bounds.over(database):
            if table is not None:
                summary[OWN] = write_own(database, path.parent, table, bounds)
            if union is not None:
                summary[RECORDS] = write_records(database, path.parent, union, bounds)
            write_log(database, path.parent, log, bounds)
            if summary:
                summary["charts"] = charts.count(
                    database, summary, names_of(table, union), event_key
                )
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return summary


def names_of(table: Table | None, union: Union | None) -> dict[str, list[str]]:
    """The names of the columns that are kept, by table."""
    return {
        OWN: [each.name for each in table.columns] if table else [],
        RECORDS: list(union.columns[:COLUMN_LIMIT]) if union else [],
    }


def write_own(
    database: duckdb.DuckDBPyConnection, folder: Path, table: Table, bounds: Bounds
) -> dict[str, Any]:
    """The student's own table; its types are Spark's."""
    types = {f"c{at}": type_of_spark(each.type) for at, each in enumerate(table.columns)}
    nulls, rows = [0] * len(table.columns), 0

    def lines() -> Iterator[dict[str, Any]]:
        nonlocal rows
        for rows, row in enumerate(table.rows, 1):
            for at, value in enumerate(row):
                nulls[at] += value is None
            yield {"n": rows, **{f"c{at}": value for at, value in enumerate(row)}}

    with spool(folder, lines(), bounds) as spooled:
        kept = settle(database, spooled.name, OWN, {"n": "BIGINT"}, types)
    return {
        "columns": [
            {"type": kept[f"c{at}"], "nulls": nulls[at]} for at in range(len(table.columns))
        ],
        "rows": rows,
        "is_sampled": order.take_sample(database, OWN, rows),
    }


def write_records(
    database: duckdb.DuckDBPyConnection, folder: Path, union: Union, bounds: Bounds
) -> dict[str, Any]:
    """The topic's records with all their keys; a key's type is what its values agree on."""
    names = union.columns[:COLUMN_LIMIT]
    keys = {name: Key() for name in names}
    at = {name: f"c{number}" for number, name in enumerate(names)}

    def lines() -> Iterator[dict[str, Any]]:
        for number, row in enumerate(union.rows, 1):
            for name, value in row.values.items():
                if name in keys:
                    keys[name].kinds[kind_of(value)] += 1
            yield {
                "n": number,
                "partition": row.partition,
                "offset": row.offset,
                "timestamp": row.timestamp,
                "topic": row.topic,
                "event": json.dumps(row.values, ensure_ascii=False),
                **{at[name]: value for name, value in row.values.items() if name in at},
            }

    with spool(folder, lines(), bounds) as spooled:
        fixed = {"n": "BIGINT", **PLACE, "topic": "VARCHAR", "event": "VARCHAR"}
        types = {at[name]: key.type for name, key in keys.items()}
        kept = settle(database, spooled.name, RECORDS, fixed, types)
    rows = len(union.rows)
    return {
        "columns": [
            {
                "type": kept[at[name]],
                "nulls": key.kinds["null"],
                "absent": rows - key.kinds.total(),
                "kinds": dict(key.kinds),
            }
            for name, key in keys.items()
        ],
        "rows": rows,
        "is_sampled": order.take_sample(database, RECORDS, rows),
    }


def write_log(
    database: duckdb.DuckDBPyConnection, folder: Path, log: Iterable[LogLine], bounds: Bounds
) -> None:
    """The servers' log lines of the time."""
    columns = {
        "number": "BIGINT",
        "at": "DOUBLE",
        "service": "VARCHAR",
        "process": "VARCHAR",
        "text": "VARCHAR",
    }
    with spool(folder, map(asdict, log), bounds) as spooled:
        settle(database, spooled.name, "log", columns, {})


def spool(
    folder: Path, lines: Iterable[dict[str, Any]], bounds: Bounds
) -> "tempfile._TemporaryFileWrapper[str]":
    """A file of JSON lines, gone when it is closed. Raises what the bounds raise."""
    # Closed by whoever asked for it.
    file = tempfile.NamedTemporaryFile("w", dir=folder, suffix=".jsonl")  # noqa: SIM115
    try:
        for number, each in enumerate(lines):
            if number % LOOK_ROWS == 0:
                bounds.check()
            line = json.dumps(each) + "\n"
            bounds.take(len(line))
            file.write(line)
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


def settle(
    database: duckdb.DuckDBPyConnection,
    source: str,
    name: str,
    fixed: dict[str, str],
    types: dict[str, str],
) -> dict[str, str]:
    """Make a table of JSON lines. Return the types that its columns have: no value is lost."""
    read = {**fixed, **dict.fromkeys(types, "VARCHAR")}
    described = ", ".join(f"{literal(key)}: {literal(kind)}" for key, kind in read.items())
    database.execute(
        f"CREATE TEMP TABLE staged AS SELECT * FROM read_json({literal(source)}, "  # noqa: S608
        f"format='newline_delimited', maximum_object_size={LARGEST_LINE}, columns={{{described}}})"
    )
    kept = {**types, **dict.fromkeys(losing(database, types), "VARCHAR")}
    chosen = [quoted(key) for key in fixed]
    chosen += [f"TRY_CAST({quoted(key)} AS {kind}) AS {quoted(key)}" for key, kind in kept.items()]
    database.execute(f"CREATE TABLE {quoted(name)} AS SELECT {', '.join(chosen)} FROM staged")  # noqa: S608
    database.execute("DROP TABLE staged")
    return kept


def losing(database: duckdb.DuckDBPyConnection, types: dict[str, str]) -> list[str]:
    """The columns that have values which are not of the type."""
    typed = {key: kind for key, kind in types.items() if kind != "VARCHAR"}
    if not typed:
        return []
    lost = ", ".join(
        f"count({quoted(key)}) - count(TRY_CAST({quoted(key)} AS {kind}))"
        for key, kind in typed.items()
    )
    row = database.execute(f"SELECT {lost} FROM staged").fetchone()  # noqa: S608
    return [key for key, count in zip(typed, row or (), strict=True) if count]


def type_of_spark(kind: str) -> str:
    """DuckDB's word for a type of Spark's; what has no like is kept as text."""
    if WHOLE.fullmatch(kind):
        return "BIGINT"
    found = DECIMAL.fullmatch(kind)
    if found and int(found[2]) <= int(found[1]) and 0 < int(found[1]) <= DIGITS:
        return f"DECIMAL({found[1]}, {found[2]})"
    known = {"float": "DOUBLE", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
    if kind.startswith("timestamp"):
        return "TIMESTAMP"
    return known.get(kind, "VARCHAR")


def kind_of(value: object) -> str:
    """JSON's word for what a value is."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "whole"
        case float():
            return "number"
        case str():
            return "text"
        case dict():
            return "object"
    return "list"


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
