"""What was typed in a shell does a step, when its check says so: asked beside the cluster.

Nothing turns red by it: a line that did not do its step leaves a word of why, and no run. A row is
made once the step is done, with the line as what was run. Should the relay end meanwhile, the line
has passed nothing: it can be typed again, or the step's button pressed.
"""

from collections.abc import Iterable

from django.utils import timezone

from portal.activities import queries
from portal.activities.models import Session, StepRun
from portal.activities.services import steps
from portal.activities.signals import step_output
from portal.activities.status import SessionStatus, StepStatus
from portal.engine import submitted
from portal.engine.errors import ClusterError
from portal.engine.kinds.job import Job, Outcome, kind_of
from portal.engine.kinds.perform import judge
from portal.engine.lab.entered import Entered
from portal.engine.lab.step import StepSpec
from portal.runner.runtimes import get_runtime
from portal.terminal.models import TypedCommand

SHOWS_TABLES = frozenset({"pyspark", "spark-submit"})
SOON_SECONDS = 1.0
"""Records that came so long before a line's own time are its own: clocks are read one by one."""
WELL = (None, 0, 1, 130, 143)
"""How a server ends that was ended at the keyboard."""


def entered_of(row: TypedCommand) -> Entered:
    """A line as the engine takes it."""
    return Entered(
        service=row.service,
        line=row.line,
        began=row.began_at.timestamp() - SOON_SECONDS,
        is_over=row.ended_at is not None,
        exit_status=row.exit_status,
        output=row.output,
    )


def consider(pk: int) -> TypedCommand:
    """See which step a line has done, if any; return the line. Safe to repeat."""
    row = TypedCommand.objects.select_related("session__version__lab", "run").get(pk=pk)
    session = row.session
    if row.ended_at is not None:
        end_server(row)
    if session.state is SessionStatus.READY and session.generation == row.generation:
        pass_steps(row)
        if row.ended_at is not None:
            keep_tables(row)
    return row


def keep_tables(row: TypedCommand) -> None:
    """Keep the tables that a pyspark or a script has shown, as those of a step are kept."""
    programs = {each.program for each in entered_of(row).commands}
    kept = submitted.shown(row.output) if programs & SHOWS_TABLES else None
    if kept is None:
        return
    row.refresh_from_db(fields=["run"])
    step_output.send(sender=StepRun, session=row.session, run=row.run, outcome=kept.outcome)
    row.session.change()


def pass_steps(row: TypedCommand) -> None:
    """Have it pass what it did, and note why not of the first that it may have been for."""
    session = row.session
    for step in candidates(session, entered_of(row)):
        missing = queries.missing_steps(session, step)
        if missing:
            note(row, steps.needs_first(step, missing))
            continue
        try:
            outcome = look(row, step)
        except ClusterError as error:
            note(row, f"“{step.title}” is not done by it: {error}")
        else:
            keep(row, step, outcome)
            # What ends a server or pyspark may be what another step asks for.
            if not step.run.is_keyboard and not step.run.has_lines:
                return


def candidates(session: Session, entered: Entered) -> Iterable[StepSpec]:
    """The steps that a line may be for, and that are not done yet."""
    done = queries.newest_good_ids(session)
    serving = session.runs.filter(generation=session.generation, status=StepStatus.SERVING)
    served = set(serving.values_list("step_id", flat=True))
    for step in queries.steps_shown(session):
        # A server that was ended may be started again, as its button would.
        is_open = step.id not in done or (step.run.serves and step.id not in served)
        if is_open and step.run.move is None and kind_of(step).takes(session.spec, step, entered):
            yield step


def look(row: TypedCommand, step: StepSpec) -> Outcome:
    """What the line left, if the step's check is content with it. Raises ClusterError."""
    entered = entered_of(row)
    job = Job(
        runtime=get_runtime(row.session.runtime),
        session=row.session.cluster,
        lab=row.session.spec,
        step=step,
        params={},
        write=lambda stream, data: None,
        cancelled=lambda: not entered.is_over and has_ended(row.pk),
        began=entered.began,
    )
    return judge(job, entered)


def has_ended(pk: int) -> bool:
    """Whether a line has come to its end meanwhile."""
    return TypedCommand.objects.filter(pk=pk, ended_at__isnull=False).exists()


def note(row: TypedCommand, words: str) -> None:
    """Why it was of no account to the first step that it may have been for."""
    rows = TypedCommand.objects.filter(pk=row.pk, why_not="", run=None)
    rows.update(why_not=words[:500])


def keep(row: TypedCommand, step: StepSpec, outcome: Outcome) -> None:
    """The step is done: a run of it, which says what was typed."""
    run = steps.begin_typed(
        row.session,
        row.generation,
        step,
        params={"typed": {"service": row.service, "name": row.name, "line": row.line}},
        started_at=row.began_at,
        output=row.output,
        evidence=outcome.evidence.as_kept(),
    )
    if run is None:
        return
    TypedCommand.objects.filter(pk=row.pk, run=None).update(run=run, why_not="")
    if outcome.is_serving:
        run.move(StepStatus.SERVING)
        if has_ended(row.pk):
            row.refresh_from_db()
            end_server(row)
        return
    run.move(StepStatus.PASSED, finished_at=timezone.now(), exit_status=outcome.exit_status)


def end_server(row: TypedCommand) -> None:
    """The server that a line was has ended: it has passed if somebody ended it."""
    run = row.run
    if run is None or run.state is not StepStatus.SERVING:
        return
    is_well = row.exit_status in WELL or "^C" in row.output[-200:] or run.cancel_requested
    words = f"The server ended by itself (exit status {row.exit_status})."
    run.move(
        StepStatus.PASSED if is_well else StepStatus.FAILED,
        finished_at=row.ended_at,
        exit_status=row.exit_status,
        output=row.output,
        error="" if is_well else words,
    )
