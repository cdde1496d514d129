"""The conscience: compares what the rows say with what runs, and mends the difference.

It adopts what it finds by name, takes up what lost its worker, ends what nobody wants, and tells a
session whose cluster is gone. Every look is safe to repeat, and to run beside the tasks.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import Error
from django.utils import timezone
from redis.exceptions import RedisError

from portal.activities import queries, tasks
from portal.activities.models import Preparation, Session, StepRun, Work
from portal.activities.runtimes import clusters_on_host, get_runtime
from portal.activities.services import clusters, sessions, steps
from portal.activities.services.beating import STALE_SECONDS
from portal.activities.status import Desired, SessionStatus, StepStatus
from portal.engine.errors import ClusterError, ClusterGone, StepFailed
from portal.engine.runtimes.base import Health, Runtime, State
from portal.engine.spec import Server

log = logging.getLogger(__name__)
QUEUED_SECONDS = 3.0
"""How often a session that waits for a place asks whether there is one."""


def look(host: str) -> None:
    """One look at everything on this host. Raises what a database or Redis that is away raises."""
    for pk in list(queries.on_host(host).values_list("pk", flat=True)):
        # Read one by one: looking at the others takes time, and rows move meanwhile.
        for session in queries.on_host(host).filter(pk=pk):
            look_carefully(session)
    look_at_preparations(host)
    end_strangers(host)


def look_carefully(session: Session) -> None:
    """Look at one session; its trouble must not keep the others from being looked at."""
    try:
        look_at(session)
    except ClusterError as error:
        log.warning("session %s: %s", session.pk, error)
    except (Error, RedisError):
        raise
    except Exception:
        log.exception("session %s could not be looked at", session.pk)


def look_at(session: Session) -> None:
    """Move one session on, if it stands still."""
    match session.state:
        case SessionStatus.QUEUED if is_stale(session, QUEUED_SECONDS):
            ask_again(session, session.host, tasks.bring_up)
        case SessionStatus.STARTING if is_stale(session):
            log.warning("session %s lost its worker while starting", session.pk)
            if session.move(SessionStatus.QUEUED, only_from=SessionStatus.STARTING):
                tasks.enqueue(tasks.bring_up, session, session.pk)
        case SessionStatus.STOPPING if is_stale(session):
            tasks.enqueue_again(session.host, tasks.bring_down, session.pk)
        case SessionStatus.READY | SessionStatus.FAILED if session.desired == Desired.DOWN:
            # The wish came at the very moment when its launch ended.
            if session.move(SessionStatus.STOPPING):
                tasks.enqueue(tasks.bring_down, session, session.pk)
        case SessionStatus.READY:
            look_at_cluster(session)
    if session.state in (SessionStatus.READY, SessionStatus.FAILED):
        look_at_clock(session)


def is_stale(row: Session | Work, seconds: float = STALE_SECONDS) -> bool:
    """Nobody works on it, though somebody should."""
    limit = timezone.now() - timedelta(seconds=seconds)
    return row.beat_at is None or row.beat_at < limit


def ask_again(row: Session | Work, host: str, task: Any) -> None:
    """Queue a row's task, which may have been lost; not again before the row is stale once more."""
    type(row)._default_manager.filter(pk=row.pk).update(beat_at=timezone.now())
    tasks.enqueue_again(host, task, row.pk)


def look_at_cluster(session: Session) -> None:
    """Does everything run that should?"""
    # Asked before the cluster is: a server that starts between the two is none that ended.
    serving = list(session.runs.filter(status=StepStatus.SERVING))
    health = get_runtime(session.runtime).observe(session.pk)
    if health.state is State.ABSENT:
        clusters.lose(session, ClusterGone("The session's cluster has ended unexpectedly."))
        return
    if health.state is State.BROKEN:
        clusters.lose(session, broken(session, health))
        return
    look_at_servers(serving, health)
    look_at_wishes(session)
    look_at_runs(session)
    look_at_run_all(session)


def broken(session: Session, health: Health) -> ClusterError:
    """Say which service ended."""
    names = {service.name for service in session.spec.services}
    ended = [each for each in health.processes if each.name in names and not each.is_running]
    said = ", ".join(f"{each.name} (exit status {each.exit_status})" for each in ended)
    return ClusterGone(f"A service of the cluster ended: {said}.")


def look_at_servers(serving: list[StepRun], health: Health) -> None:
    """A server that ended by itself has failed; one that was to end has passed."""
    for run in serving:
        server = run.spec.run
        process = health.process(server.process) if isinstance(server, Server) else None
        if process is None or not process.is_running:
            status = process.exit_status if process else None
            run.refresh_from_db()
            if run.cancel_requested:  # Whoever was to note its end was lost.
                run.move(StepStatus.PASSED, finished_at=timezone.now(), exit_status=status)
                continue
            error = StepFailed(
                f"The server ended by itself (exit status {status}).",
                advice="Its last lines in the log say why. Mend that and run the step again.",
            )
            run.move(
                StepStatus.FAILED,
                finished_at=timezone.now(),
                exit_status=status,
                **clusters.as_fields(error),
            )


def look_at_wishes(session: Session) -> None:
    """A server that was to end, or files that were saved, whose worker was lost."""
    for run in session.runs.filter(status=StepStatus.SERVING, cancel_requested=True):
        if is_stale(run):
            ask_again(run, session.host, tasks.stop_server)
    if session.files_put < session.files_saved and is_stale(session):
        ask_again(session, session.host, tasks.put_files)


def look_at_runs(session: Session) -> None:
    """A run without its worker has failed; one that waits too long is queued again."""
    limit = timezone.now() - timedelta(seconds=STALE_SECONDS)
    for run in session.runs.filter(status=StepStatus.RUNNING, beat_at__lt=limit):
        lost = ClusterError(
            "The portal was restarted while this step ran.", advice="Run the step again."
        )
        session.change(is_autorunning=False)
        run.move(StepStatus.FAILED, finished_at=timezone.now(), **clusters.as_fields(lost))
    for run in session.runs.filter(status=StepStatus.QUEUED, created_at__lt=limit):
        if is_stale(run):
            ask_again(run, session.host, tasks.carry_out)


def look_at_run_all(session: Session) -> None:
    """Run all whose worker was lost between two steps goes on."""
    busy = session.runs.filter(status__in=(StepStatus.QUEUED, StepStatus.RUNNING))
    if session.is_autorunning and not busy.exists():
        following = steps.next_run(session)
        if following is not None:
            tasks.enqueue(tasks.carry_out, session, following.pk)


def look_at_clock(session: Session) -> None:
    """Warn of a session's end, and end it."""
    at, reason = sessions.ends_at(session)
    now = timezone.now()
    if at <= now:
        log.info("session %s ends: %s", session.pk, reason)
        if sessions.tear_down(session, reason):
            tasks.enqueue(tasks.bring_down, session, session.pk)
    elif not session.is_warned and at - now <= timedelta(minutes=session.spec.time.warn_before):
        session.change(is_warned=True)


def look_at_preparations(host: str) -> None:
    """One that lost its worker has failed; one that waits too long is queued again."""
    limit = timezone.now() - timedelta(seconds=STALE_SECONDS)
    mine = Preparation.objects.filter(host=host)
    for each in mine.filter(status=StepStatus.RUNNING, beat_at__lt=limit):
        lost = ClusterError(
            "The portal was restarted while it prepared the images.",
            advice="Press Prepare again: what was built stays.",
        )
        each.move(StepStatus.FAILED, finished_at=timezone.now(), **clusters.as_fields(lost))
    for each in mine.filter(status=StepStatus.QUEUED, created_at__lt=limit):
        if is_stale(each):
            ask_again(each, host, tasks.prepare_images)


def end_strangers(host: str) -> None:
    """End clusters that no row wants."""
    for runtime, found in clusters_on_host():
        try:
            end_strangers_on(runtime, found, host)
        except ClusterError as error:
            log.warning("strangers on %s: %s", runtime.name, error)


def end_strangers_on(runtime: Runtime, found: list[str], host: str) -> None:
    """Those of one runtime: of no session, or left by one that has failed."""
    # Asked after the clusters were listed: a session that is launched meanwhile is no stranger.
    wanted = queries.on_host(host).exclude(status=SessionStatus.FAILED)
    known = set(wanted.values_list("pk", flat=True))
    for session_id in found:
        if session_id not in known:
            log.warning("cluster %s is wanted by no session: ended", session_id)
            runtime.down(session_id)
