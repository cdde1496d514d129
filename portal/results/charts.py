"""Counts that a page draws: of each kind of event, and of each moment. Made once, with the rows."""

from dataclasses import dataclass
from typing import Any

import duckdb

BARS = 12
BUCKETS = 40
FEW = 50
"""A column with more different values than that says little as bars."""
TYPICAL = ("event_type", "type", "event", "kind", "action")
WIDTH, HEIGHT = 640, 120


def count(
    database: duckdb.DuckDBPyConnection, summary: dict[str, Any], names: dict[str, list[str]]
) -> dict[str, Any]:
    """What the charts of both tables show; a table without a telling column has none."""
    found: dict[str, Any] = {}
    for table in ("own", "records"):
        column = telling(database, table, names[table]) if table in summary else None
        if column is not None:
            found[table] = by_value(database, table, column, names[table])
    if "records" in summary:
        found["time"] = by_time(database)
    return found


def telling(database: duckdb.DuckDBPyConnection, table: str, names: list[str]) -> int | None:
    """The column to count by: the one that says what happened, or else one with few values."""
    for name in TYPICAL:
        if name in names:
            return names.index(name)
    for at in range(min(len(names), 20)):
        row = database.execute(f"SELECT approx_count_distinct(c{at}) FROM {table}").fetchone()  # noqa: S608
        if row and 1 < row[0] <= FEW:
            return at
    return None


def by_value(
    database: duckdb.DuckDBPyConnection, table: str, column: int, names: list[str]
) -> dict[str, Any]:
    """Rows by value of a column, most first; what has no bar of its own is summed up."""
    rows = database.execute(
        f"SELECT left(CAST(c{column} AS VARCHAR), 200), count(*) FROM {table} "  # noqa: S608
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchmany(BARS + 1000)
    return {
        "column": names[column],
        "at": column,
        "bars": [list(each) for each in rows[:BARS]],
        "others": sum(each[1] for each in rows[BARS:]),
    }


def by_time(database: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Records by when Kafka got them. Those without a time are left out."""
    row = database.execute(
        'SELECT min("timestamp"), max("timestamp") FROM records WHERE "timestamp" >= 0'
    ).fetchone()
    if row is None or row[0] is None:
        return {}
    first, last = row
    width = max(1, -(-(last - first + 1) // BUCKETS))
    rows = database.execute(
        'SELECT ("timestamp" - ?) // ?, count(*) FROM records WHERE "timestamp" >= 0 GROUP BY 1',
        [first, width],
    ).fetchall()
    counts = [0] * BUCKETS
    for bucket, number in rows:
        counts[int(bucket)] += number
    return {"first": first, "last": last, "width": width, "counts": counts}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar as SVG draws it, in its own units."""

    x: float
    y: float
    width: float
    height: float
    label: str | None
    count: int
    percent: float = 0.0


def value_bars(chart: dict[str, Any]) -> list[Bar]:
    """Lying bars, the longest as wide as the picture."""
    pairs = chart.get("bars", [])
    most = max((count for _, count in pairs), default=1)
    total = sum(count for _, count in pairs) + chart.get("others", 0)
    return [
        Bar(0, 0, round(100 * count / most, 2), 1, label, count, round(100 * count / total, 1))
        for label, count in pairs
    ]


def time_bars(chart: dict[str, Any]) -> list[Bar]:
    """Standing bars; a moment without a record has none."""
    counts = chart.get("counts", [])
    most, step = max(counts, default=1), WIDTH / BUCKETS
    return [
        Bar(
            round(at * step + 1, 1),
            round(HEIGHT - HEIGHT * count / most, 1),
            round(step - 2, 1),
            round(HEIGHT * count / most, 1),
            str(chart["first"] + at * chart["width"]),
            count,
        )
        for at, count in enumerate(counts)
        if count
    ]
