"""A class's progress as CSV."""

import io
from collections.abc import Sequence
from datetime import UTC

from portal.classroom.overview import Best, Row
from portal.engine.lab.step import StepSpec
from portal.spreadsheets import BOM, Writer


def as_csv(rows: Sequence[Row], steps: Sequence[StepSpec]) -> str:
    """A line a student: the points of the best attempt, and each step's state.

    The points are `of` as many as the version of the lab had that the attempt was made with.
    """
    text = io.StringIO(BOM)
    text.seek(0, io.SEEK_END)
    writer = Writer(text)
    writer.writerow(
        ["username", "name", "session", "status", "points", "of", "steps done", "finished", "hints"]
        + ["completed at", "attempts"]
        + [step.id for step in steps]
        + [f"{step.id} tries" for step in steps]
    )
    most = sum(step.weight for step in steps)
    for row in rows:
        cells: list[object] = [row.username, row.name, row.session, row.status or "not started"]
        cells += [row.best_points, most_of(row, most), row.best_done]
        cells += ["yes" if row.has_finished else "no", row.hints, *record_of(row.best)]
        done = row.best.ids if row.best else frozenset()
        states = [
            "done" if cell.is_done or cell.step.id in done else cell.state for cell in row.cells
        ]
        writer.writerow([*cells, *states, *(c.tries for c in row.cells)])
    return text.getvalue()


def most_of(row: Row, most: int) -> int:
    """What a row's points are out of: as many as its best attempt's version had."""
    return row.best.points_of if row.best and row.best.points >= row.points else most


def record_of(best: Best | None) -> list[object]:
    """When the lab was completed first, in UTC, and how many attempts there were."""
    if best is None:
        return ["", 0]
    at = best.completed_at
    return [at.astimezone(UTC).isoformat(timespec="seconds") if at else "", best.attempts]
