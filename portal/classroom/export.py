"""A class's progress as CSV."""

import csv
import io
from collections.abc import Sequence

from portal.classroom.overview import Row
from portal.engine.spec import StepSpec

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Sequence[Row], steps: Sequence[StepSpec]) -> str:
    """A line a student: points, and each step's state."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["username", "name", "session", "status", "points", "of", "steps done", "finished", "hints"]
        + [step.id for step in steps]
        + [f"{step.id} tries" for step in steps]
    )
    most = sum(step.weight for step in steps)
    for row in rows:
        cells = [row.username, row.name, row.session, row.status or "not started", row.points]
        cells += [most, row.done, "yes" if row.is_finished else "no", row.hints]
        states = ["done" if cell.is_done else cell.state for cell in row.cells]
        writer.writerow([safe(cell) for cell in [*cells, *states, *(c.tries for c in row.cells)]])
    return text.getvalue()


def safe(cell: object) -> object:
    """A cell that a spreadsheet doesn't take for a formula: names are what their owners chose."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
