"""Carry out a run of a step. Only workers call this; each is safe to repeat."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from portal.activities import progress
from portal.activities.models import Session, StepRun
from portal.activities.services.failing import as_fields
from portal.activities.services.sessions import files_of
from portal.activities.services.steps import next_run
from portal.activities.signals import step_output
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.errors import ClusterError, ClusterGone, CommandCancelled, OnlyTried
from portal.engine.kinds.job import Evidence, Job, Outcome
from portal.engine.kinds.perform import perform
from portal.live import terminals
from portal.live.terminals import Terminal
from portal.runner.runtimes import get_runtime
from portal.runner.services.beating import asked_now_and_then, beating
from portal.runner.services.output import OutputWriter
from portal.runner.services.sleeping import awake

log = logging.getLogger(__name__)
KEEPING_SECONDS = 300.0
"""For whatever is done around a step's commands: waiting for pyspark, fetching and keeping rows."""
LEAST_KEEPING_SECONDS = 10.0
"""For keeping what a step gave, though it took all of its time."""
NOTING_SECONDS = 900.0
"""For how long a run's end is written again and again where it can't be."""
NOTING_PAUSE = 1.0
FILES_SECONDS = 10.0
"""For how long a server's start waits for files that another thread puts."""
FILES_PAUSE = 0.05
CONTROL_C = b"\x03"
CONTROL_C_SECONDS = 10.0
"""For how long a server that was typed in a terminal may take to end."""
_under_way: set[tuple[str, object]] = set()
_claims = threading.Lock()
"""One worker a host: whoever claims a run counts what the others have claimed."""
UNEXPECTED = (
    "The portal failed while it ran this step. Run it again; if it fails once more, tell your "
    "instructor what the step was."
)


def carry_out(run_id: int) -> StepRun | None:
    """Do the run if nobody has begun it; return the run that follows in run all, if any."""
    run = StepRun.objects.select_related("session__version__lab").get(pk=run_id)
    if not begin(run):
        return None
    writer = OutputWriter(run.session_id, run.pk)
    try:
        with beating(run, most_seconds(run)):
            outcome = do(run, writer)
    except (CommandCancelled, OnlyTried) as error:
        give_up(run, writer, StepStatus.CANCELLED, error)
    except ClusterError as error:
        give_up(run, writer, StepStatus.FAILED, error)
    except Exception:
        # Whatever it was, the row must not say "running" for ever.
        log.exception("run %s of step %s failed", run.pk, run.step_id)
        give_up(run, writer, StepStatus.FAILED, ClusterError(UNEXPECTED))
    else:
        to = StepStatus.SERVING if outcome.is_serving else StepStatus.PASSED
        finish(run, writer, to, exit_status=outcome.exit_status)
        return next_run(run.session)
    return None


def begin(run: StepRun) -> bool:
    """Claim a run. False if another has, or its person's share of the worker's threads is taken.

    Then it stays queued, and takes no thread: `held_back` tells of it when another has ended.
    """
    now = timezone.now()
    with _claims:
        if share_left(run.session) < 1:
            return False
        return run.move(StepStatus.RUNNING, started_at=now, beat_at=now)


def most_seconds(run: StepRun) -> float:
    """How long a run may take at the most: what takes longer hangs, whatever its step does."""
    step = run.spec
    commands = max(1, len(run.params.get("commands") or ()))
    own = 2 * step.timeout * commands
    check = (step.check.retries + 1) * (step.timeout + step.check.delay) if step.check else 0
    return own + check + KEEPING_SECONDS


def share_left(session: Session) -> int:
    """How many more runs of the session's person this host's worker may carry out now."""
    theirs = StepRun.objects.filter(session__owner=session.owner_id, session__host=session.host)
    taken = theirs.filter(status=StepStatus.RUNNING).count()
    return max(0, int(settings.SLUICE_STEPS_EACH) - taken)


def held_back(run_id: int) -> list[StepRun]:
    """Runs of the same person that wait for a thread, and may have one now; the oldest first."""
    session = Session.objects.get(runs=run_id)
    theirs = StepRun.objects.filter(session__owner=session.owner_id, session__host=session.host)
    waiting = theirs.filter(status=StepStatus.QUEUED).select_related("session")
    return list(waiting.order_by("pk")[: share_left(session)])


def give_up(run: StepRun, writer: OutputWriter, to: StepStatus, error: ClusterError) -> None:
    """End a run that did not do its work, and run all with it."""
    # Run all first: the reconciler takes up one that has nothing under way.
    run.session.change(is_autorunning=False)
    finish(run, writer, to, **as_fields(error))


def do(run: StepRun, writer: OutputWriter) -> Outcome:
    """Perform the step on the session's cluster. Raises ClusterError."""
    session = run.session
    if session.state is not SessionStatus.READY or session.generation != run.generation:
        raise ClusterGone("The cluster is not up any more.")
    awake(session)
    runtime = get_runtime(session.runtime)
    if run.spec.run.process_name is not None:
        supersede(run)
        bring_files(run)
    deadline = time.monotonic() + run.spec.timeout
    job = Job(
        runtime=runtime,
        session=session.cluster,
        lab=session.spec,
        step=run.spec,
        params=run.params,
        write=writer.write,
        cancelled=asked_now_and_then(lambda: is_unwanted(run)),
        give=lambda payload: keep(job, run, payload, deadline),
        tell=lambda found: progress.keep(run, asdict(found)),
    )
    return perform(job)


def bring_files(run: StepRun) -> None:
    """Have what was saved in the cluster: whoever saves and restarts means the new text."""
    deadline = time.monotonic() + FILES_SECONDS
    session = run.session
    session.refresh_from_db(fields=["files_saved", "files_put"])
    while session.files_put < session.files_saved and time.monotonic() < deadline:
        put_files(session.pk)
        session.refresh_from_db(fields=["files_saved", "files_put"])
        time.sleep(FILES_PAUSE)


def is_unwanted(run: StepRun) -> bool:
    """Whether somebody has cancelled the run, or it was ended with its cluster."""
    wanted = StepRun.objects.filter(pk=run.pk, status=StepStatus.RUNNING, cancel_requested=False)
    return not wanted.exists()


def supersede(run: StepRun) -> None:
    """A server, or control-C, ends the one that serves under the same process name.

    The row is told so here: the reconciler must not take that end for a crash.
    """
    for other in run.session.runs.filter(status=StepStatus.SERVING).exclude(pk=run.pk):
        if other.spec.run.process_name == run.spec.run.process_name:
            stop_server(other.pk)


def keep(job: Job, run: StepRun, payload: object, deadline: float) -> None:
    """Hand what the step gave to the apps that keep such things; show what they have to say.

    That belongs to the step: it ends with its time, and with Cancel. What the step saw beside is
    in the run's own row.
    """
    if isinstance(payload, Evidence):
        StepRun.objects.filter(pk=run.pk).update(evidence=payload.as_kept())
        return
    told = step_output.send(
        sender=StepRun,
        session=run.session,
        run=run,
        outcome=payload,
        cancelled=job.cancelled,
        seconds=max(LEAST_KEEPING_SECONDS, deadline - time.monotonic()),
        limit=run.spec.timeout,
    )
    for _, words in told:
        if words:
            job.write("note", str(words).encode())


def finish(run: StepRun, writer: OutputWriter, to: StepStatus, **fields: object) -> None:
    """Close the output and move the row."""
    output = writer.close()
    ended = None if to is StepStatus.SERVING else timezone.now()

    def write() -> None:
        if not run.move(to, output=output, finished_at=ended, **fields):
            # It was ended with its cluster meanwhile; what it had printed stays.
            StepRun.objects.filter(pk=run.pk).update(output=output)

    with beating(run, NOTING_SECONDS):
        persistently(write)


def persistently(write: Callable[[], None]) -> None:
    """Write though a full disk, or a database that is away, may refuse that for a while."""
    deadline = time.monotonic() + NOTING_SECONDS
    while True:
        try:
            return write()
        except Error as error:
            if time.monotonic() > deadline:
                raise
            log.warning("what came of a run can't be noted yet: %s", error)
            connection.close_if_unusable_or_obsolete()
            time.sleep(NOTING_PAUSE)


def stop_server(run_id: int) -> None:
    """Control-C for a server; a second click while that goes on takes no second thread."""
    with alone(("stop", run_id)) as is_mine:
        if is_mine:
            press_control_c(run_id)


def press_control_c(run_id: int) -> None:
    """Control-C for the server that a run started; it has passed if it served until then."""
    run = StepRun.objects.select_related("session__version__lab").get(pk=run_id)
    server = run.spec.run.process_name
    if server is None or run.state is not StepStatus.SERVING:
        return
    # The wish first: the reconciler must not take an asked-for end for a crash.
    StepRun.objects.filter(pk=run.pk).update(cancel_requested=True, beat_at=timezone.now())
    if run.typed is not None:
        press_in_terminal(run, run.typed)
        return
    awake(run.session)
    runtime = get_runtime(run.session.runtime)
    status = runtime.interrupt(run.session.cluster, server)
    run.move(StepStatus.PASSED, finished_at=timezone.now(), exit_status=status)


def press_in_terminal(run: StepRun, typed: Mapping[str, str]) -> None:
    """Control-C where the server was typed; whoever hears of its end notes that in its row."""
    session = run.session
    terminal = Terminal(session.pk, run.generation, typed["service"], typed["name"])
    try:
        terminals.send_keys(session.host, terminal, CONTROL_C)
    except terminals.Busy as error:
        log.warning("no control-C for run %s: %s", run.pk, error)
    deadline = time.monotonic() + CONTROL_C_SECONDS
    while run.state is StepStatus.SERVING and time.monotonic() < deadline:
        time.sleep(FILES_PAUSE)
        run.refresh_from_db(fields=["status"])


def put_files(session_id: str) -> None:
    """Bring the cluster's files up to what the student has saved.

    One thread at a time does that for a session: it sees what was saved meanwhile, and what comes
    in its very last moment the reconciler asks for again.
    """
    with alone(("files", session_id)) as is_mine:
        if is_mine:
            put_saved(session_id)


@contextmanager
def alone(deed: tuple[str, object]) -> Iterator[bool]:
    """Whether no other thread of this worker does that now; none begins until this one ends."""
    with _claims:
        is_mine = deed not in _under_way
        _under_way.add(deed)
    try:
        yield is_mine
    finally:
        if is_mine:
            with _claims:
                _under_way.discard(deed)


def put_saved(session_id: str) -> None:
    """Put the files, until nothing was saved meanwhile."""
    session = Session.objects.select_related("version__lab").get(pk=session_id)
    put = -1
    # Somebody may save again meanwhile, and another worker have put that already.
    while session.state is SessionStatus.READY and put < session.files_saved:
        put = session.files_saved
        awake(session)
        runtime = get_runtime(session.runtime)
        runtime.put_files(session.cluster, files_of(session), session.spec.modes)
        Session.objects.filter(pk=session.pk).update(files_put=put)
        session.refresh_from_db(fields=["status", "files_saved"])
