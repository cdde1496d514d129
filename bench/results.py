"""A kept table of a million rows: ingest, then pages, sorts and filters, as a page asks for them.

`python -m bench.results [ROWS]` does it by itself. Nothing but the portal's own code is measured:
from the view's parameters to the rows of the page, its count included, without the network.
"""

import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from bench.figures import Figure, percentile, table

ROWS = 1_000_000
TIMES = 40
TYPES = {"event_type": "string", "user": "string", "points": "bigint", "price": "double"}


class Generated:
    """Rows made as they are read, so that no list of them is in memory."""

    def __init__(self, rows: int):
        self.rows = rows

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        chance = random.Random(10)
        for _ in range(self.rows):
            kind = "purchase_sword" if chance.random() < 0.3 else "default"
            points = chance.randrange(100_000)
            yield kind, f"user{chance.randrange(5000)}", points, points / 7


def measure(rows: int = ROWS) -> list[Figure]:
    """Everything once for the cold cache, then many times; the p95 is what is promised."""
    from portal.engine.extraction import Column, Table
    from portal.results import browse, ingest, store
    from portal.results.browse import Filter, View
    from portal.results.models import Extraction

    columns = tuple(Column(name, kind) for name, kind in TYPES.items())
    given: Any = Generated(rows)
    kept = Table("extracted_events", columns, given, rows, False, 0.0)
    path = store.path_of("bench")
    before = peak_mb()
    began = time.perf_counter()
    summary = ingest.write(path, kept, None)
    seconds = time.perf_counter() - began
    extraction = Extraction(
        pk=1,
        has_table=True,
        store="bench",
        summary=summary,
        columns=[{"name": name, "type": kind} for name, kind in TYPES.items()],
    )
    chance = random.Random(11)

    def look(**view: Any) -> Callable[[], object]:
        return lambda: browse.page(
            extraction,
            View(**{key: each() if callable(each) else each for key, each in view.items()}),
        )

    def anywhere() -> int:
        return chance.randrange(1, rows)

    def some_user() -> tuple[Filter, ...]:
        return (Filter("c1", "has", f"USER{chance.randrange(500)}"),)

    def many_points() -> tuple[Filter, ...]:
        return (Filter("c2", "gt", str(chance.randrange(100_000))),)

    asked = {
        "first page": look(),
        "page anywhere": look(after=anywhere),
        "sort by number, anywhere": look(sort="c2", after=anywhere),
        "sort by text, descending, anywhere": look(sort="c1", descending=True, after=anywhere),
        "filter text that contains": look(filters=some_user),
        "filter number, sorted by another": look(sort="c3", filters=many_points),
    }
    figures = [
        Figure(f"ingest {rows} rows", "s", (seconds,)),
        Figure("file", "MB", (path.stat().st_size / 1e6,)),
    ]
    for what, ask in asked.items():
        figures += timed(what, ask)
    store.remove("bench")
    # The highest of the whole run, so of ingest and pages together; DuckDB's own cache counts.
    return [*figures, Figure("memory at its highest, above the start", "MB", (peak_mb() - before,))]


def timed(what: str, ask: Callable[[], object]) -> list[Figure]:
    """Its first time, the many after it, and their p95; a busy machine shows in the clock alone."""
    values, worked = [], []
    for _ in range(TIMES + 1):
        began, work = time.perf_counter(), time.process_time()
        ask()
        values.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - work) * 1000)
    first, *others = values
    return [
        Figure(f"{what}, cold", "ms", (first,)),
        Figure(what, "ms", tuple(others)),
        Figure(f"{what}, p95", "ms", (percentile(others, 95),)),
        Figure(f"{what}, p95 of processor time", "ms", (percentile(worked[1:], 95),)),
    ]


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Set up, measure, print."""
    import tempfile
    from pathlib import Path

    from bench.__main__ import set_up

    rows = int(next(islice(sys.argv, 1, None), ROWS))
    with tempfile.TemporaryDirectory(prefix="sluice-") as var:
        set_up(Path(var))
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        print(table(measure(rows)))


if __name__ == "__main__":
    main()
