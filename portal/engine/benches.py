"""What Apache's `ab` says of many calls of one address, as a small table."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

TEXT_LIMIT = 64 * 1024
KEPT = 20
MOST_COUNTED = 10_000
"""Requests of one `ab` that are counted one by one."""
FIGURES = {
    "requests": r"Complete requests:\s+(\d{1,12})\s*$",
    "failed": r"Failed requests:\s+(\d{1,12})\s*$",
    "non_2xx": r"Non-2xx responses:\s+(\d{1,12})\s*$",
    "per_second": r"Requests per second:\s+(\d{1,12}(?:\.\d{1,6})?) \[",
    "mean_ms": r"Time per request:\s+(\d{1,12}(?:\.\d{1,6})?) \[ms\] \(mean\)\s*$",
    "p50_ms": r" +50%\s+(\d{1,12})\s*$",
    "p95_ms": r" +95%\s+(\d{1,12})\s*$",
    "p99_ms": r" +99%\s+(\d{1,12})\s*$",
}
PATTERNS = {name: re.compile(f"^{each}", re.MULTILINE) for name, each in FIGURES.items()}


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of `ab`. Times are milliseconds; None is what it did not tell."""

    command: str
    requests: int
    failed: int
    """As ab counts: replies of another length than the first are among them."""
    non_2xx: int = 0
    per_second: float | None = None
    mean_ms: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


def read(command: str, output: bytes) -> Bench | None:
    """The figures in what `ab` printed; None where it did not come to any."""
    text = output[-TEXT_LIMIT:].decode(errors="replace")
    found = {name: each.search(text) for name, each in PATTERNS.items()}
    said: dict[str, Any] = {name: float(each[1]) for name, each in found.items() if each}
    if "requests" not in said or "failed" not in said:
        return None
    counts = {name: int(said.pop(name, 0)) for name in ("requests", "failed", "non_2xx")}
    return Bench(command, **counts, **said)


def times(argv: Sequence[str]) -> int:
    """How many requests an `ab` is told to make: one where it does not say."""
    for word, after in zip(argv, (*argv[1:], ""), strict=True):
        said = after if word == "-n" else word.removeprefix("-n") if word.startswith("-n") else ""
        if said.isdecimal() and len(said) <= 6:
            return min(int(said), MOST_COUNTED)
    return 1


def as_kept(benches: Iterable[Bench]) -> list[dict[str, Any]]:
    """As JSON keeps them, the newest few."""
    return [asdict(each) for each in list(benches)[-KEPT:]]


def of(kept: object) -> list[Bench]:
    """What a run's row has kept; nothing where that is something else."""
    try:
        return msgspec.convert(kept, list[Bench])
    except msgspec.ValidationError:
        return []
