"""What a class's rows say together: how far it is, how long steps take, which errors many share."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from portal.classroom.overview import Cell, Row
from portal.engine.spec import StepSpec

PLOT_WIDTH = 100.0
MOST_ERRORS = 8
VARYING = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"|“[^”]*”")


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step over the whole class."""

    index: int
    step: StepSpec
    passed: int
    failed: int
    running: int
    median: float | None
    slowest: float | None
    tries: float
    bar: float
    whisker: float


@dataclass(frozen=True, slots=True)
class SharedError:
    """An error, and who has it now."""

    step: StepSpec
    text: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Totals:
    """The class in numbers."""

    students: int
    live: int
    finished: int
    failing: int
    hands: int
    not_started: int


def totals(rows: Sequence[Row]) -> Totals:
    """Count the class."""
    return Totals(
        students=len(rows),
        live=sum(row.is_live for row in rows),
        finished=sum(row.is_finished for row in rows),
        failing=sum(any(cell.state == "failed" for cell in row.cells) for row in rows),
        hands=sum(row.hand_at is not None for row in rows),
        not_started=sum(not row.session for row in rows),
    )


def figures(rows: Sequence[Row], steps: Sequence[StepSpec]) -> list[StepFigures]:
    """Every step's numbers; bars are shares of the slowest step's time, of PLOT_WIDTH."""
    columns = [[row.cells[index] for row in rows] for index in range(len(steps))]
    times = [[cell.seconds for cell in cells if is_timed(cell)] for cells in columns]
    known = [[each for each in column if each is not None] for column in times]
    longest = max((max(each) for each in known if each), default=0.0) or 1.0
    return [
        StepFigures(
            index=index,
            step=step,
            passed=sum(cell.is_done for cell in cells),
            failed=sum(cell.state == "failed" for cell in cells),
            running=sum(cell.state in ("queued", "running") for cell in cells),
            median=median(seconds) if seconds else None,
            slowest=max(seconds) if seconds else None,
            tries=average_tries(cells),
            bar=round(PLOT_WIDTH * median(seconds) / longest, 2) if seconds else 0.0,
            whisker=round(PLOT_WIDTH * max(seconds) / longest, 2) if seconds else 0.0,
        )
        for index, (step, cells, seconds) in enumerate(zip(steps, columns, known, strict=True))
    ]


def is_timed(cell: Cell) -> bool:
    """Whether its time is that of the step. A server's is how long it was left running."""
    return cell.state == "passed" and cell.step.run.kind != "server"


def average_tries(cells: Sequence[Cell]) -> float:
    """How often those who tried a step have run it."""
    tried = [cell.tries for cell in cells if cell.tries]
    return sum(tried) / len(tried) if tried else 0.0


def shared_errors(rows: Sequence[Row]) -> list[SharedError]:
    """Steps that fail now, by what they say: the error that most students share comes first."""
    groups: dict[tuple[str, str], list[tuple[Row, Cell]]] = defaultdict(list)
    for row in rows:
        for cell in row.cells:
            if cell.state == "failed":
                groups[cell.step.id, signature(cell.error)].append((row, cell))
    found = [
        SharedError(group[0][1].step, group[0][1].error, [row for row, _ in group])
        for group in groups.values()
    ]
    return sorted(found, key=lambda each: -len(each.rows))[:MOST_ERRORS]


def signature(error: str) -> str:
    """An error without what differs from student to student: numbers, addresses, names."""
    return VARYING.sub("*", error.strip().lower())[:200]
