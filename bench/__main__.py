"""`python -m bench [NAME ...]`: measure this machine; all of it without a name."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.asked import Asked
from bench.figures import Figure, keep, table

ROOT = Path(__file__).resolve().parents[1]
ONLY_BY_NAME = ("seats", "rows")
"""They fill the machine for long."""
KEPT = ROOT / "var" / "bench"


def set_up(var: Path) -> None:
    """Settings of our own, beside whatever portal runs here."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SLUICE_VAR": str(var),
        "SLUICE_PARTS": os.environ.get("SLUICE_PARTS", str(ROOT / "var" / "parts")),
    }
    import django

    django.setup()


def benches(asked: Asked) -> dict[str, Callable[[], list[Figure]]]:
    """Every bench by its name; they can be imported once the settings are there."""
    from bench import (
        burst,
        cluster,
        containers,
        frames,
        memory,
        nodes,
        pages,
        plan,
        pool,
        records,
        results,
        rows,
        seats,
        spark,
        storm,
        terminals,
        trace,
        viewers,
    )

    return {
        "cluster": cluster.measure,
        "docker": containers.measure,
        "frames": frames.measure,
        "burst": burst.measure,
        "viewers": viewers.measure,
        "terminals": terminals.measure,
        "spark": spark.measure,
        "memory": memory.measure,
        "results": results.measure,
        "records": records.measure,
        "trace": trace.measure,
        "pages": pages.measure,
        "pool": partial(pool.measure, asked),
        "rows": partial(rows.measure, asked),
        "storm": partial(storm.measure, asked),
        "seats": partial(seats.measure, asked),
        "plan": partial(plan.measure, asked),
        "nodes": partial(nodes.measure, asked),
    }


def main() -> int:
    """Run what was asked for; print a table and write the figures of each."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--students", type=int, help="so many, where the bench has students")
    parser.add_argument("--minutes", type=float, help="so long, where that can be said")
    parser.add_argument("--pool", type=int, help="storm: so many ready clusters")
    options = parser.parse_args()
    asked = Asked(options.students, options.minutes, options.pool)
    with tempfile.TemporaryDirectory(prefix="sluice-") as var:
        set_up(Path(var))
        known = benches(asked)
        if unknown := set(options.names) - set(known):
            parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        for name in options.names or [each for each in known if each not in ONLY_BY_NAME]:
            began, load = time.monotonic(), os.getloadavg()[0]
            print(f"{name} (load {load:.1f}) …", file=sys.stderr, flush=True)
            figures = known[name]()
            where = keep(KEPT, name, figures, load)
            seconds = time.monotonic() - began
            print(f"\n{name}, {seconds:.0f} s, kept in {where.relative_to(ROOT)}")
            print(table(figures), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
