"""The counts that a soak ends with, as text and as JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.soak.memory import Life
from tests.soak.tally import Tally

ZERO = {
    "lost": "records or lines lost",
    "doubled": "records or lines doubled",
    "doubled runs": "doubled runs",
    "late": "said or mended late",
    "never": "never said or mended",
    "untrue": "untrue words",
    "unexplained": "failures without a fault",
    "trouble": "other trouble",
    "processes": "processes left",
    "groups": "control groups left",
    "files": "files left",
    "keys": "keys of Redis past their time",
    "rows": "rows that say running",
    "overview": "overview that did not come",
}
"""What has to be zero, and how it is called."""
COUNTS = {
    "sessions": "sessions",
    "whole": "of them from beginning to end",
    "steps": "steps",
    "steps failed by a fault": "of them failed by a fault",
    "faults": "faults",
    "records": "records that came",
    "compared": "of them held against the topic",
    "lines": "lines that came",
    "trimmed": "trimmed, and said to be",
    "sockets": "sockets opened",
    "overviews": "overviews seen",
}


@dataclass
class Report:
    """A soak that is over."""

    seed: int
    minutes: float
    students: int
    load: float
    counts: dict[str, int]
    zeros: dict[str, int]
    faults: dict[str, int]
    lives: dict[str, Life]
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether each count that has to be zero is."""
        return not any(self.zeros.values())

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "is_good": self.is_good}

    def json(self) -> str:
        """The same, written."""
        return json.dumps(self.data(), indent=1)

    def text(self) -> str:
        """For people."""
        lines = [
            f"soak of {self.minutes:.1f} minutes, {self.students} students, seed {self.seed},"
            f" load {self.load:.1f}",
            *(f"  {what:<34}{self.counts[name]:>8}" for name, what in COUNTS.items()),
            "faults: " + ", ".join(f"{name} {count}" for name, count in self.faults.items()),
            "has to be zero",
            *(f"  {what:<34}{self.zeros[name]:>8}" for name, what in ZERO.items()),
            "memory, of the process of each part that lived longest, once it was warm",
            *(f"  {part:<8}{told(life)}" for part, life in sorted(self.lives.items())),
            *(f"  ! {note}" for note in self.notes),
            "All is zero that has to be." if self.is_good else "NOT all is zero that has to be.",
        ]
        return "\n".join(lines)


def told(life: Life) -> str:
    """A process's growth."""
    grown, files = life.last_mb - life.first_mb, life.last_files - life.first_files
    return (
        f"{life.first_mb:7.1f} -> {life.last_mb:6.1f} MB ({grown:+.1f} MB,"
        f" {files:+d} open files) in {life.seconds / 60:.1f} min"
    )


def report(
    tally: Tally, *, seed: int, minutes: float, students: int, load: float, lives: dict[str, Life]
) -> Report:
    """What the tally has come to."""
    return Report(
        seed=seed,
        minutes=minutes,
        students=students,
        load=load,
        counts={name: tally[name] for name in COUNTS},
        zeros={name: tally[name] for name in ZERO},
        faults=tally.begun_with("fault "),
        lives=lives,
        notes=list(tally.notes),
    )
