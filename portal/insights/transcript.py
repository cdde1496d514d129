"""A session as a student would have typed it: every command, in order, and what it printed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextField
from django.db.models.functions import Cast, Length

from portal.activities.models import Session, StepRun
from portal.activities.status import StepStatus
from portal.engine.lab.step import Done, Move, StepSpec
from portal.insights.models import Note
from portal.terminal.models import TypedCommand
from portal.terminal.queries import typed_in

LIMIT = 1000
"""Runs of a session that its transcript has; the oldest of more are left out."""
ENDED_WELL = (None, 0, 130)
"""A line's end that is no failure: control-C is none."""
MOST_BYTES = 8 << 20
"""Of what its runs printed and were told, all together; the oldest beyond it are left out, too."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was typed, and what came of it."""

    step: StepSpec
    status: StepStatus
    at: datetime
    commands: tuple[str, ...]
    """As in a shell, one command each; the lines typed into pyspark or telnet are `typed`."""
    typed: str = ""
    output: str = ""
    error: str = ""
    note: str = ""
    run_id: int = 0
    generation: int = 1
    interrupts: str = ""
    """The server process that this is a control-C for; no run of its own, then."""

    @property
    def is_keyboard(self) -> bool:
        """Keys that are pressed, and no command that a shell reads."""
        return bool(self.interrupts) or self.step.run.is_keyboard

    @property
    def says_commands(self) -> bool:
        """Whether the output tells each command before what it printed."""
        return self.step.run.says_commands(self.output)

    @property
    def says_typed(self) -> bool:
        """Whether the output has the typed lines, as a shell echoes them."""
        return self.step.run.says_lines(self.output)

    @property
    def language(self) -> str:
        """What the typed lines are."""
        return self.step.run.language


def entries(session: Session) -> list[Entry]:
    """All that was done in a session, oldest first."""
    notes = dict(Note.objects.filter(session=session).values_list("run_id", "text"))
    runs = list(session.runs.filter(pk__in=newest(session)).order_by("pk"))
    stops = [run for run in runs if is_stop(step_of(session, run))]
    made: list[Entry] = []
    made.extend(line_of(session, row) for row in typed_in(session, LIMIT))
    for run in runs:
        step = step_of(session, run)
        if step is None or run.started_at is None:
            continue  # It was withdrawn before anybody began it.
        if run.typed is not None:
            made.extend(control_c(run, step, stops))
            continue  # Its line tells of it.
        made.append(entry_of(session, run, step, notes.get(run.pk, "")))
        made.extend(control_c(run, step, stops))
    return list(with_resets(session, sorted(made, key=lambda each: each.at)))


def with_resets(session: Session, made: list[Entry]) -> Iterator[Entry]:
    """A reset leaves no run of its own, but it tore a cluster down before the next came up."""
    down = next((each for each in session.spec.steps if each.run.move is Move.DOWN), None)
    generation = made[0].generation if made else 1
    for entry in made:
        if entry.generation > generation and down is not None:
            commands = (down.shows_command.strip(),)
            yield Entry(step=down, status=StepStatus.PASSED, at=entry.at, commands=commands)
        generation = max(generation, entry.generation)
        yield entry


def left_out(session: Session) -> int:
    """How many runs are too old for the transcript."""
    return session.runs.exclude(status=StepStatus.QUEUED).count() - len(newest(session))


def newest(session: Session) -> list[int]:
    """The runs that a transcript has: as many as are not too many nor too long."""
    sizes = (
        session.runs.exclude(status=StepStatus.QUEUED)
        .annotate(size=Length("output") + Length("error") + Length(Cast("params", TextField())))
        .order_by("-pk")
        .values_list("pk", "size")[:LIMIT]
    )
    left = MOST_BYTES
    found: list[int] = []
    for pk, size in sizes:
        left -= size or 0
        if found and left < 0:
            break
        found.append(pk)
    return found


def step_of(session: Session, run: StepRun) -> StepSpec | None:
    """The step of a run; None when the lab has no such step."""
    return next((each for each in session.spec.steps if each.id == run.step_id), None)


def entry_of(session: Session, run: StepRun, step: StepSpec, note: str) -> Entry:
    """A run as what was typed for it."""
    typed = step.run.typed(done_of(session, run, step))
    return Entry(
        step=step,
        status=StepStatus.PASSED if run.is_trial else run.state,
        at=run.started_at or run.created_at,
        commands=typed.commands,
        typed=typed.lines,
        output=run.output,
        error="" if run.is_trial else run.error,
        note=note,
        run_id=run.pk,
        generation=run.generation,
    )


def line_of(session: Session, row: TypedCommand) -> Entry:
    """A line that was typed in a terminal."""
    run = row.run
    did = step_of(session, run) if run is not None else None
    title = did.title if did is not None else f"In a terminal of {row.service}"
    step = did if did is not None and did.run.serves else step_typed(row, title)
    return Entry(
        step=step,
        status=status_of(row),
        at=row.began_at,
        commands=(step.shows_command.strip() if step is did else row.line,),
        output=("…\n" if row.is_cut else "") + row.output if not row.used_screen else "",
        error="" if row.exit_status in ENDED_WELL else f"Exit status {row.exit_status}.",
        generation=row.generation,
    )


def step_typed(row: TypedCommand, title: str) -> StepSpec:
    """A step that asks for just that line."""
    run = {"kind": "terminal", "service": row.service}
    shown = {"id": "typed", "title": title[:80], "shows_command": row.line, "run": run}
    return StepSpec.model_validate(shown)


def status_of(row: TypedCommand) -> StepStatus:
    """How a line ended. One that was interrupted, or had the screen, can't be done again."""
    if row.ended_at is None:
        return StepStatus.RUNNING
    if row.exit_status == 0 and not row.used_screen:
        return StepStatus.PASSED
    is_failed = row.exit_status not in ENDED_WELL
    return StepStatus.FAILED if is_failed else StepStatus.CANCELLED


def done_of(session: Session, run: StepRun, step: StepSpec) -> Done:
    """A run as its kind is asked about it."""
    return Done(
        lab=session.spec,
        step=step,
        params=run.params,
        said=lambda: run.output,
        has_passed=run.state is StepStatus.PASSED,
        was_cancelled=run.state is StepStatus.CANCELLED,
    )


def is_stop(step: StepSpec | None) -> bool:
    """Whether a step ends servers."""
    return step is not None and not step.run.serves and step.run.process_name is not None


def control_c(run: StepRun, step: StepSpec, stops: list[StepRun]) -> Iterator[Entry]:
    """The control-C that ended a server, where no step of its own, nor the cluster's end, did."""
    server = step.run.process_name if step.run.serves else None
    if server is None or run.state is not StepStatus.PASSED:
        return
    if run.finished_at is None or any(ends(other, run, server) for other in stops):
        return
    yield Entry(
        step=step,
        status=StepStatus.PASSED,
        at=run.finished_at,
        commands=("control-C",),
        generation=run.generation,
        interrupts=server,
    )


def ends(other: StepRun, run: StepRun, process: str) -> bool:
    """Whether another run's step is what ended a server's run."""
    if other.started_at is None or run.finished_at is None:
        return False
    step = step_of(run.session, other)
    until = other.finished_at or run.finished_at
    is_then = other.started_at <= run.finished_at <= until
    return is_then and step is not None and not step.run.serves and step.run.process_name == process
