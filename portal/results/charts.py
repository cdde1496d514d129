"""Counts that a page draws: of each kind of event, and of each moment. Made once, with the rows."""

from dataclasses import dataclass
from typing import Any

import duckdb

from portal.durations import in_words

BARS = 12
BUCKETS = 40
FEW = 50
"""A column with more different values than that says little as bars."""
TYPICAL = ("type", "event", "kind", "action")
"""Names of columns that say what happened, where the lab doesn't name its own."""
WIDTH, HEIGHT = 640, 120
ROUND = (1, 2, 5, 10, 20, 50, 100, 200, 500, *(1000 * each for each in (1, 2, 5, 10, 15, 30)))
SECOND, MINUTE = 1_000, 60_000
"""Milliseconds. The widths of bars that people can count in; beyond, whole minutes."""


def count(
    database: duckdb.DuckDBPyConnection,
    summary: dict[str, Any],
    names: dict[str, list[str]],
    own: str = "",
) -> dict[str, Any]:
    """What the charts of both tables show; a table without a telling column has none.

    `own` is the lab's own key that says what happened.
    """
    found: dict[str, Any] = {}
    for table in ("own", "records"):
        column = telling(database, table, names[table], own) if table in summary else None
        if column is not None:
            found[table] = by_value(database, table, column, names[table])
    if "records" in summary:
        found["time"] = by_time(database)
    return found


def telling(
    database: duckdb.DuckDBPyConnection, table: str, names: list[str], own: str
) -> int | None:
    """The column to count by: the one that says what happened, or else one with few values."""
    for name in (own, *TYPICAL):
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
    width = round_width((last - first + 1) / BUCKETS)
    rows = database.execute(
        'SELECT ("timestamp" - ?) // ?, count(*) FROM records WHERE "timestamp" >= 0 GROUP BY 1',
        [first, width],
    ).fetchall()
    counts = [0] * ((last - first) // width + 1)
    for bucket, number in rows:
        counts[int(bucket)] += number
    return {"first": first, "last": last, "width": width, "counts": counts}


def round_width(milliseconds: float) -> int:
    """The next larger time that people count in, in milliseconds."""
    found = next((each for each in ROUND if each >= milliseconds), None)
    return found or MINUTE * -(-int(milliseconds) // MINUTE)


def time_axes(chart: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the bars: all, the largest count, three moments, how wide a bar is.

    `is_fine`: several bars are of the same second.
    """
    if not chart:
        return {}
    end = chart["first"] + len(chart["counts"]) * chart["width"]
    return {
        "all": sum(chart["counts"]),
        "most": max(chart["counts"]),
        "moments": [chart["first"], (chart["first"] + end) // 2, end],
        "each": in_words(chart["width"] / 1000),
        "is_fine": chart["width"] < SECOND,
    }


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
    most, step = max(counts, default=1), WIDTH / max(1, len(counts))
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
