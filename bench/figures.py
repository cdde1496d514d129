"""Measured values, what they are compared with, and how they are shown and kept."""

import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured several times. `beside` names the figures that it is compared with."""

    what: str
    unit: str
    values: tuple[float, ...]
    beside: tuple[str, ...] = ()

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent don't exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


def ratios(figure: Figure, figures: Sequence[Figure]) -> dict[str, float]:
    """The median of the pairs' ratios: whatever slowed the machine slowed both of a pair."""
    others = {each.what: each.values for each in figures}
    return {
        name: statistics.median(
            ours / theirs for ours, theirs in zip(figure.values, others[name], strict=True)
        )
        for name in figure.beside
    }


def table(figures: Sequence[Figure]) -> str:
    """Lines for people."""
    width = max(len(each.what) for each in figures)
    lines = [f"  {'':<{width}}  {'median':>8}  {'min':>8}  {'max':>8}"]
    for each in figures:
        numbers = "  ".join(
            f"{number:>8.{digits(number)}f}"
            for number in (each.median, min(each.values), max(each.values))
        )
        lines.append(f"  {each.what:<{width}}  {numbers} {each.unit}")
        lines += [f"    {of:.2f} of {name}" for name, of in ratios(each, figures).items()]
    return "\n".join(lines)


def digits(number: float) -> int:
    """How many decimals say enough."""
    return 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2


def keep(folder: Path, name: str, figures: Sequence[Figure], load_before: float) -> Path:
    """Write one bench's figures and what machine they are of, for machines; return where."""
    report: dict[str, Any] = {
        "bench": name,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "machine": {
            "processors": os.cpu_count(),
            "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
            "kernel": os.uname().release,
            "load_before": load_before,
            "load_after": os.getloadavg()[0],
        },
        "figures": [
            {
                **asdict(each),
                "median": each.median,
                "min": min(each.values),
                "max": max(each.values),
                "ratios": ratios(each, figures),
            }
            for each in figures
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    return path
