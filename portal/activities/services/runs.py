"""Carry out a run of a step. Only workers call this; each is safe to repeat."""

import logging

from django.utils import timezone

from portal.activities import progress
from portal.activities.models import Session, StepRun
from portal.activities.runtimes import get_runtime
from portal.activities.services.beating import asked_now_and_then, beating
from portal.activities.services.clusters import as_fields
from portal.activities.services.output import OutputWriter
from portal.activities.services.sessions import files_of
from portal.activities.services.steps import next_run
from portal.activities.signals import step_output
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.errors import ClusterError, ClusterGone, CommandCancelled, OnlyTried
from portal.engine.spec import Server, Stop
from portal.engine.steps import Job, Outcome, Payload, perform

log = logging.getLogger(__name__)
UNEXPECTED = (
    "The portal failed while it ran this step. Run it again; if it fails once more, tell your "
    "instructor what the step was."
)


def carry_out(run_id: int) -> StepRun | None:
    """Do the run if nobody has begun it; return the run that follows in run all, if any."""
    run = StepRun.objects.select_related("session__version__lab").get(pk=run_id)
    now = timezone.now()
    if not run.move(StepStatus.RUNNING, started_at=now, beat_at=now):
        return None
    writer = OutputWriter(run.session_id, run.pk)
    try:
        with beating(run):
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
    runtime = get_runtime(session.runtime)
    if process_of(run) is not None:
        supersede(run)
    job = Job(
        runtime=runtime,
        session=session.pk,
        lab=session.spec,
        step=run.spec,
        params=run.params,
        write=writer.write,
        cancelled=asked_now_and_then(lambda: is_unwanted(run)),
        give=lambda payload: keep(run, payload),
        tell=lambda found: progress.keep(run, found),
    )
    return perform(job)


def is_unwanted(run: StepRun) -> bool:
    """Whether somebody has cancelled the run, or it was ended with its cluster."""
    wanted = StepRun.objects.filter(pk=run.pk, status=StepStatus.RUNNING, cancel_requested=False)
    return not wanted.exists()


def supersede(run: StepRun) -> None:
    """A server, or control-C, ends the one that serves under the same process name.

    The row is told so here: the reconciler must not take that end for a crash.
    """
    for other in run.session.runs.filter(status=StepStatus.SERVING).exclude(pk=run.pk):
        if process_of(other) == process_of(run):
            stop_server(other.pk)


def process_of(run: StepRun) -> str | None:
    """The name of the process that a step keeps running, or stops."""
    match run.spec.run:
        case Server(process=process) | Stop(process=process):
            return process
    return None


def keep(run: StepRun, payload: Payload) -> None:
    """Hand what the step gave to the apps that keep such things."""
    step_output.send(sender=StepRun, session=run.session, run=run, outcome=payload)


def finish(run: StepRun, writer: OutputWriter, to: StepStatus, **fields: object) -> None:
    """Close the output and move the row."""
    output = writer.close()
    ended = None if to is StepStatus.SERVING else timezone.now()
    if not run.move(to, output=output, finished_at=ended, **fields):
        # It was ended with its cluster meanwhile; what it had printed stays.
        StepRun.objects.filter(pk=run.pk).update(output=output)


def stop_server(run_id: int) -> None:
    """Control-C for the server that a run started; it has passed if it served until then."""
    run = StepRun.objects.select_related("session__version__lab").get(pk=run_id)
    server = run.spec.run
    if not isinstance(server, Server) or run.state is not StepStatus.SERVING:
        return
    runtime = get_runtime(run.session.runtime)
    # The wish first: the reconciler must not take an asked-for end for a crash.
    StepRun.objects.filter(pk=run.pk).update(cancel_requested=True, beat_at=timezone.now())
    status = runtime.interrupt(run.session_id, server.process)
    run.move(StepStatus.PASSED, finished_at=timezone.now(), exit_status=status)


def put_files(session_id: str) -> None:
    """Bring the cluster's files up to what the student has saved."""
    session = Session.objects.select_related("version__lab").get(pk=session_id)
    put = -1
    # Somebody may save again meanwhile, and another worker have put that already.
    while session.state is SessionStatus.READY and put < session.files_saved:
        put = session.files_saved
        runtime = get_runtime(session.runtime)
        for path, content in files_of(session).items():
            runtime.put_file(session.pk, path, content)
        Session.objects.filter(pk=session.pk).update(files_put=put)
        session.refresh_from_db(fields=["status", "files_saved"])
