"""What a class's rows say together: how far it is, and how long steps take."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from portal.classroom.overview import Cell, Row
from portal.durations import in_words
from portal.engine.lab.step import StepSpec

PLOT_WIDTH = 100.0


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

    @property
    def words(self) -> str:
        """The same in words."""
        said = f"{self.step.title}: {self.passed} done"
        said += f", {self.failed} failed" if self.failed else ""
        said += f", {self.tries:.1f} tries each" if self.tries > 1.5 else ""
        if self.median is None or self.slowest is None:
            return f"{said}."
        half, most = in_words(self.median), in_words(self.slowest)
        return f"{said}. Half took {half} or less, the slowest {most}."


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


def passed(rows: Sequence[Row], steps: Sequence[StepSpec]) -> list[tuple[StepSpec, int]]:
    """Every step with how many have done it."""
    return [(step, sum(row.cells[at].is_done for row in rows)) for at, step in enumerate(steps)]


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
        for index, (step, cells, seconds) in enumerate(zip(steps, columns, known, strict=True), 1)
    ]


def is_timed(cell: Cell) -> bool:
    """Whether its time is that of the step. A server's is how long it was left running."""
    return cell.state == "passed" and not cell.step.run.serves


def average_tries(cells: Sequence[Cell]) -> float:
    """How often those who tried a step have run it."""
    tried = [cell.tries for cell in cells if cell.tries]
    return sum(tried) / len(tried) if tried else 0.0
