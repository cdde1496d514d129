"""Bring a session's cluster up and down. Only workers call this; each is safe to repeat."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from portal import clock
from portal.activities import keys, queries
from portal.activities.models import ACTIVE, Session, StepRun
from portal.activities.services.failing import as_fields, fail_runs, no_error
from portal.activities.services.sessions import files_of, tear_down
from portal.activities.status import Desired, SessionStatus, StepStatus
from portal.engine.errors import ClusterError, CommandCancelled
from portal.engine.kinds.check import verify
from portal.engine.kinds.job import Evidence, Job
from portal.engine.lab.step import Move
from portal.engine.runtimes.base import Cancelled, ClusterSpec, Progress, Runtime
from portal.runner.runtimes import clusters_on_host, get_runtime
from portal.runner.services import pool, room, turns
from portal.runner.services.beating import asked_now_and_then, beating
from portal.runner.services.losing import lost_before
from portal.runner.services.output import OutputWriter
from portal.runner.services.warming import warm_up

log = logging.getLogger(__name__)
UNEXPECTED = "The portal failed while it started the cluster."


def bring_up(session_id: str) -> None:
    """Start the session's cluster if it still waits for one, and the host has a place."""
    session = Session.objects.select_related("version__lab").get(pk=session_id)
    if session.desired == Desired.DOWN:
        if session.state is SessionStatus.QUEUED and session.move(SessionStatus.STOPPING):
            bring_down(session_id)
        return
    if claim_place(session):
        with beating(session):
            carry_up(session)


@transaction.atomic
def claim_place(session: Session) -> bool:
    """Take one of the host's places for a session whose turn it is; False if it has to wait.

    The reconciler asks again when a place is free, and nobody has waited longer.
    """
    # Whoever claims holds the line: its own row is in everybody's, so that of two the second
    # counts what the first has taken. SQLite has one writer anyway.
    line = Session.objects.filter(host=session.host, status=SessionStatus.QUEUED)
    list(line.select_for_update().order_by("pk").values_list("pk"))
    session.refresh_from_db()
    ready = pool.fitting(session).count()
    if not turns.has_come(session, ready):
        return False
    if not ready and not room.may_start(session.host):
        return False
    return session.move(
        SessionStatus.STARTING,
        starting_at=clock.now(),
        beat_at=timezone.now(),
        progress=[],
        **no_error(),
    )


def next_in_line(session_id: str) -> Session | None:
    """Who may start now that this one has; None where it waits itself."""
    session = Session.objects.get(pk=session_id)
    if session.state is SessionStatus.QUEUED:
        return None
    return turns.first_in_line(session.host)


def carry_up(session: Session) -> None:
    """Run the steps that start a cluster, telling pages what it waits for."""
    try:
        runtime = get_runtime(session.runtime)
        with recorded(session, Move.PREPARE) as write:
            runtime.check()
            write(f"{session.host} has all that the lab needs; {runtime.name} is ready.\n")
        with recorded(session, Move.UP) as write:
            start_cluster(session, runtime, write)
        warm_up(runtime, session.cluster, session.spec)
    except Exception as error:
        fail_launch(session, in_words(error))
        return
    if not session.move(SessionStatus.READY, ready_at=clock.now()):
        log.warning("session %s was moved while it started", session.pk)
    if wants_down(session):
        session.move(SessionStatus.STOPPING)
        bring_down(session.pk)


@contextmanager
def recorded(session: Session, move: Move) -> Iterator[Callable[[str], None]]:
    """Record one of the session's own moves as a run of the step that stands for it, if any."""
    step = next((each for each in session.spec.steps if each.run.move == move), None)
    if step is None:
        yield lambda text: None
        return
    now = timezone.now()
    # A launch that lost its worker and is done again replaces what it left.
    session.runs.filter(step_id=step.id, status__in=ACTIVE).update(
        status=StepStatus.CANCELLED, finished_at=now
    )
    run = StepRun.objects.create(
        session=session,
        generation=session.generation,
        step_id=step.id,
        status=StepStatus.RUNNING,
        started_at=now,
    )
    writer = OutputWriter(session.pk, run.pk)
    try:
        yield lambda text: writer.write("stdout", text.encode())
    except Exception as error:
        fields = {"output": writer.close(), "finished_at": timezone.now()}
        run.move(StepStatus.FAILED, **fields, **as_fields(in_words(error)))
        raise
    run.move(StepStatus.PASSED, output=writer.close(), finished_at=timezone.now())


def start_cluster(session: Session, runtime: Runtime, write: Callable[[str], None]) -> None:
    """Bring the cluster up, keeping the newest state of each phase in the session's row."""
    session.refresh_from_db(fields=["files_saved"])
    saved = session.files_saved
    cancelled = asked_now_and_then(lambda: wants_down(session))
    if pool.claim_for(session, runtime):
        write("A cluster was ready for it.\n")
        Session.objects.filter(pk=session.pk).update(files_put=saved)
        verify_up(session, runtime, cancelled)
        return
    lab = session.spec
    spec = ClusterSpec(session.cluster, lab.services, lab.tools, files_of(session), lab.modes)
    phases: dict[str, dict[str, Any]] = {}
    for phase in pool.make_room_and_up(session, runtime, spec, cancelled):
        note_phase(session, phases, phase)
        if phase.is_done:
            is_service = any(each.name == phase.service for each in lab.services)
            what = f"{phase.service} is up" if is_service else "its network, limits and files"
            write(f"{what} ({phase.seconds:.1f} s)\n")
    Session.objects.filter(pk=session.pk).update(files_put=saved)
    verify_up(session, runtime, cancelled)


def verify_up(session: Session, runtime: Runtime, cancelled: Cancelled) -> None:
    """The check of the lab's own step for starting the cluster. Raises StepFailed."""
    for step in session.spec.steps:
        if step.run.move is Move.UP and step.check is not None:
            job = Job(runtime, session.cluster, session.spec, step, {}, discard, cancelled)
            verify(job, step.check, Evidence())


def discard(stream: str, data: bytes) -> None:
    """A check's own output is not shown."""


def note_phase(session: Session, phases: dict[str, dict[str, Any]], phase: Progress) -> None:
    """Show a phase of the launch on the page."""
    phases[phase.service] = {**asdict(phase), "at": time.time()}
    session.change(progress=list(phases.values()))


def wants_down(session: Session) -> bool:
    """Whether somebody has asked for its end meanwhile."""
    return Session.objects.filter(pk=session.pk, desired=Desired.DOWN).exists()


def in_words(error: Exception) -> ClusterError:
    """What a page says of it. Whatever it was, the row must not say "starting" for ever."""
    if isinstance(error, ClusterError):
        return error
    log.error("a launch failed unexpectedly", exc_info=error)
    return ClusterError(UNEXPECTED)


def fail_launch(session: Session, error: ClusterError) -> None:
    """The cluster did not come up: say why, or, if its end was asked for, end it."""
    if isinstance(error, CommandCancelled) or wants_down(session):
        session.move(SessionStatus.STOPPING)
        bring_down(session.pk)
        return
    log.warning("session %s did not start: %s", session.pk, error)
    try:
        get_runtime(session.runtime).down(session.cluster)
    except Exception as remains:  # The reconciler ends what a failed session has left.
        log.error("session %s left something running: %s", session.pk, remains)
    session.move(
        SessionStatus.FAILED,
        only_from=SessionStatus.STARTING,
        is_autorunning=False,
        **as_fields(error),
    )


def bring_down(session_id: str) -> bool:
    """End the session's cluster. Return whether a new one is wanted, and has to be brought up."""
    session = Session.objects.select_related("version__lab").get(pk=session_id)
    if not claim_end(session):
        return False
    with beating(session):
        end_runs(session, "The cluster was torn down.")
        get_runtime(session.runtime).down(session.cluster)
    session.refresh_from_db()
    if session.desired == Desired.UP:
        keys.forget_cluster(session)
        return session.move(
            SessionStatus.QUEUED,
            only_from=SessionStatus.STOPPING,
            generation=F("generation") + 1,
            cluster=session.pk,
            progress=[],
            ready_at=None,
            starting_at=None,
            **no_error(),
        )
    for step in session.spec.steps:
        if step.run.move is Move.DOWN and session.ready_at:
            record_down(session, step.id)
    keys.forget_session(session)
    session.move(SessionStatus.ENDED, ended_at=clock.now())
    return False


def claim_end(session: Session) -> bool:
    """Whether this worker is the one to end it: a second one could end the cluster that follows."""
    now = timezone.now()
    is_free = Q(beat_at=None) | Q(beat_at__lt=lost_before(session.host))
    stopping = Session.objects.filter(is_free, pk=session.pk, status=SessionStatus.STOPPING)
    won = stopping.update(beat_at=now)
    session.refresh_from_db()
    return bool(won)


def end_everything(host: str) -> int:
    """The portal stops: end every session of a host, and whatever else runs there.

    Only when no worker runs any more. Return how many clusters there were.
    """
    there = [(runtime, name) for runtime, names in clusters_on_host() for name in names]
    for session in queries.on_host(host):
        tear_down(session, reason="portal")
        session.move(SessionStatus.STOPPING)
        Session.objects.filter(pk=session.pk).update(beat_at=None)
        bring_down(session.pk)
    for runtime, name in there:
        runtime.down(name)
    return len(there)


def record_down(session: Session, step_id: str) -> None:
    """The tear-down is a step too, and it has passed."""
    now = timezone.now()
    run = StepRun.objects.create(
        session=session,
        generation=session.generation,
        step_id=step_id,
        status=StepStatus.PASSED,
        started_at=now,
        finished_at=now,
        output="The cluster is gone. What was recorded stays.\n",
    )
    run.note_done()


def end_runs(session: Session, why: str) -> None:
    """The cluster goes: what runs on it is over. A server that served has done its work."""
    for run in session.runs.filter(status__in=ACTIVE):
        now = timezone.now()
        if run.state is StepStatus.SERVING:
            run.move(StepStatus.PASSED, finished_at=now)
        else:
            run.move(StepStatus.CANCELLED, finished_at=now, error=why)


def lose(session: Session, error: ClusterError) -> None:
    """The cluster is gone though nobody asked for that: say so on the session and its steps."""
    if not session.move(
        SessionStatus.FAILED,
        only_from=SessionStatus.READY,
        is_autorunning=False,
        **as_fields(error),
    ):
        return
    fail_runs(session, error)
    get_runtime(session.runtime).down(session.cluster)
