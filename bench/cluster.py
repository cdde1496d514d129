"""How long until a cluster is ready: a record produced and consumed."""

import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.clusters import by_hand, driver, ours, week10
from bench.figures import Figure

PAIRS = 5


def measure() -> list[Figure]:
    """The driver's, by hand, and by hand without class archives, in turn."""
    lab = week10()
    taken: dict[str, list[float]] = {"portal": [], "hand": [], "plain": []}
    with tempfile.TemporaryDirectory(prefix="sluice-") as name:
        folder = Path(name)
        runtime = driver(folder / "sandboxes")
        for _ in range(PAIRS):
            taken["portal"].append(seconds(ours(runtime, lab)))
            taken["hand"].append(seconds(by_hand(folder, lab)))
            taken["plain"].append(seconds(by_hand(folder, lab, archives=False)))
    hand, plain = "ready, by hand with our archives", "ready, by hand"
    return [
        Figure("ready, portal's driver", "s", tuple(taken["portal"]), beside=(plain, hand)),
        Figure(hand, "s", tuple(taken["hand"])),
        Figure(plain, "s", tuple(taken["plain"])),
    ]


def seconds(cluster: AbstractContextManager[Any]) -> float:
    """How long it takes to begin."""
    began = time.monotonic()
    with cluster:
        return time.monotonic() - began
