"""What an idle session takes, with and without its warm pyspark, beside the bare JVMs.

PSS counts a page that several processes share once, split among them; RSS counts it in each.
"""

import contextlib
import os
import tempfile
import time
from pathlib import Path

from bench.clusters import by_hand, driver, ours, week10
from bench.figures import Figure
from bench.spark import WARM_SECONDS, is_ready
from portal.engine import spark
from portal.engine.runtimes.sandbox.place import Place
from tests.faults.processes import inside_numbers, namespace_of, numbers, parent_of
from tests.faults.student import eventually

ROUNDS = 3
IDLE_SECONDS = 8.0
MB = 1 << 20


def measure() -> list[Figure]:
    """The same cluster by hand, ours without pyspark, ours with it."""
    lab = week10()
    hand, bare, warm = "by hand", "portal's, no pyspark", "portal's, warm pyspark"
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="sluice-") as name:
        folder = Path(name)
        runtime = driver(folder / "sandboxes")

        def note(what: str, pid: int) -> None:
            time.sleep(IDLE_SECONDS)
            for kind, value in used(pid).items():
                taken.setdefault(f"{kind}, {what}", []).append(value)

        for _ in range(ROUNDS):
            with by_hand(folder, lab) as bwrap:
                note(hand, child_of(bwrap))
            with ours(runtime, lab) as session:
                first = Place(runtime.folder, session).note
                assert first is not None
                note(bare, first.pid)
                spark.start(runtime, session, "spark", broker="kafka:29092")
                eventually(lambda: is_ready(runtime, session), WARM_SECONDS, "pyspark starts")
                note(warm, first.pid)
                private = runtime.stats(session).memory_bytes / MB
                taken.setdefault(f"as stats() says, {warm}", []).append(private)
    return [
        Figure(what, "MB", tuple(values), compared(what, hand, (bare, warm)))
        for what, values in taken.items()
    ]


def compared(what: str, hand: str, portals: tuple[str, ...]) -> tuple[str, ...]:
    """The same kind of figure by hand."""
    kind, _, rest = what.partition(", ")
    return (f"{kind}, {hand}",) if rest in portals and kind in ("PSS", "RSS") else ()


def used(pid: int) -> dict[str, float]:
    """PSS and RSS, in MB, of all that is in a process's PID namespace."""
    sums = {"PSS": 0, "RSS": 0}
    for each in inside_numbers({namespace_of(pid)}):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name.upper() in sums:
                    sums[name.upper()] += int(rest.split()[0]) << 10
    return {name: size / MB for name, size in sums.items()}


def child_of(pid: int) -> int:
    """A process's child in another PID namespace than ours."""
    own = namespace_of(os.getpid())
    return next(
        each for each in numbers() if parent_of(each) == pid and namespace_of(each) not in (own, "")
    )
