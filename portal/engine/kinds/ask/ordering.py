"""Lines to be put in order, judged by running them: whatever order works is right."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from portal.engine import spark
from portal.engine.kinds.job import Job
from portal.engine.lab.step import NoChoice

ANSWER = re.compile(r"[0-9]{1,2}(,[0-9]{1,2}){0,39}")
FRESH = "__in_order"


@dataclass(slots=True)
class TableCell:
    """Lines after which a table is looked for."""

    service: str
    table: str | None
    setup: str = ""
    topic: str | None = None


def shuffled(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines in an order that is the same for everybody, and not the given one."""
    found = sorted(lines, key=lambda each: hashlib.sha256(each.encode()).digest())
    if found == list(lines):
        found = [*found[1:], found[0]]
    return tuple(found)


def chosen(text: str, count: int) -> list[int]:
    """The places in `shuffled`, as they were put in order. Raises NoChoice."""
    numbers = [int(each) for each in text.split(",")] if ANSWER.fullmatch(text) else []
    if sorted(numbers) != list(range(count)):
        raise NoChoice("Put the lines in order first: each of them once.")
    return numbers


def run(job: Job, lines: Sequence[str], cell: TableCell) -> spark.SparkOutcome:
    """Run lines where nothing is set but `spark` and what the set-up says.

    What an earlier step has set must not make up for a line that comes too late. The outcome has
    the lines' own error; raises what the cluster does.
    """
    names = '{"spark": spark, "sc": spark.sparkContext}'
    code = f"{FRESH} = {names}\nexec({cell.setup!r}, {FRESH})\nexec({source(lines)!r}, {FRESH})\n"
    if cell.table:
        code += f"{cell.table} = {FRESH}[{cell.table!r}]\n"
    plain = TableCell(cell.service, cell.table, "", cell.topic)

    def show(stream: str, text: str) -> None:
        if not text.startswith((">>> ", "... ")):  # What runs them says nothing to a student.
            job.emit(stream, text.encode(errors="replace"))

    return spark.run_cell(
        job.runtime,
        job.session,
        plain,
        code,
        show,
        job.step.timeout,
        job.cancelled,
        job.tell,
        conf=job.lab.service(cell.service).spark_conf,
        broker=job.lab.broker_address,
    )


def source(lines: Sequence[str]) -> str:
    """The lines as one text."""
    return "\n".join(lines) + "\n"
