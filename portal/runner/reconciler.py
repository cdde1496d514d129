"""The conscience: compares what the rows say with what runs, and mends the difference.

It adopts what it finds by name, takes up what lost its worker, ends what nobody wants, and tells a
session whose cluster is gone. Every look is safe to repeat, and to run beside the tasks.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import Error
from django.utils import timezone
from redis.exceptions import RedisError

from portal import clock
from portal.activities import orders, queries
from portal.activities.models import Preparation, Session, StepRun, Work
from portal.activities.services import sessions
from portal.activities.services.failing import as_fields
from portal.activities.status import Desired, SessionStatus, StepStatus
from portal.engine import blame
from portal.engine.errors import ClusterError, ClusterGone, Part, StepFailed
from portal.engine.runtimes.base import Health, Runtime, State
from portal.live import terminals
from portal.live.connection import connect
from portal.live.terminals import Terminal
from portal.runner.glance import Glance
from portal.runner.runtimes import clusters_on_host, get_runtime
from portal.runner.services import clusters, pool, sleeping, stocking
from portal.runner.services.losing import is_ahead, is_lost, lost_before, why_lost

log = logging.getLogger(__name__)
QUEUED_SECONDS = 3.0
"""How often a session that waits for a place asks whether there is one."""
MOST_LAUNCHES = 3
"""A launch that has lost so many workers may be what they die of."""
LAUNCHES_SECONDS = 3600


def reconcile(host: str, glance: Glance | None = None) -> None:
    """One look at everything on this host. Raises what a database or Redis that is away raises.

    What a glance, if there is one, has found well is passed over.
    """
    well = glance.well(host) if glance is not None else set()
    there = queries.on_host(host).exclude(pk__in=well)
    for pk in list(there.values_list("pk", flat=True)):
        # Read one by one: looking at the others takes time, and rows move meanwhile.
        for session in queries.on_host(host).filter(pk=pk):
            look_carefully(session)
    look_at_preparations(host)
    stocking.look_at(host)
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
        case SessionStatus.QUEUED if is_due(session):
            ask_again(session, session.host, orders.BRING_UP)
        case SessionStatus.STARTING if is_lost(session, session.host):
            take_up(session)
        case SessionStatus.STOPPING if is_lost(session, session.host):
            orders.enqueue_again(session.host, orders.BRING_DOWN, session.pk)
        case SessionStatus.READY | SessionStatus.FAILED if session.desired == Desired.DOWN:
            # The wish came at the very moment when its launch ended.
            if session.move(SessionStatus.STOPPING):
                orders.enqueue(orders.BRING_DOWN, session, session.pk)
        case SessionStatus.READY:
            look_at_cluster(session)
    if session.state in (SessionStatus.READY, SessionStatus.FAILED):
        look_at_clock(session)


def take_up(session: Session) -> None:
    """A launch that lost its worker is done again, unless it is what its workers die of."""
    log.warning("session %s lost its worker while starting", session.pk)
    if lost_launches(session) > MOST_LAUNCHES:
        advice = "Tell your instructor: this lab's cluster can't be started here."
        clusters.fail_launch(session, why_lost(session, session.host, "it started this", advice))
    elif session.move(SessionStatus.QUEUED, only_from=SessionStatus.STARTING):
        orders.enqueue(orders.BRING_UP, session, session.pk)


def lost_launches(session: Session) -> int:
    """How often this launch has lost its worker, this time included."""
    key = f"lost-launches:{session.pk}:{session.generation}"
    count = int(connect().incr(key))
    connect().expire(key, LAUNCHES_SECONDS)
    return count


def is_due(session: Session) -> bool:
    """A session that waits for a place has not asked for one lately."""
    limit = timezone.now() - timedelta(seconds=QUEUED_SECONDS)
    return session.beat_at is None or session.beat_at < limit or is_ahead(session.beat_at)


def ask_again(row: Session | Work, host: str, task: Any) -> None:
    """Queue a row's task, which may have been lost; not again before the row is stale once more."""
    type(row)._default_manager.filter(pk=row.pk).update(beat_at=timezone.now())
    orders.enqueue_again(host, task, row.pk)


def look_at_cluster(session: Session) -> None:
    """Does everything run that should?"""
    # Asked before the cluster is: a server that starts between the two is none that ended.
    serving = list(session.runs.filter(status=StepStatus.SERVING))
    health = get_runtime(session.runtime).observe(session.cluster)
    if health.state is State.ABSENT:
        clusters.lose(session, ClusterGone("The session's cluster has ended unexpectedly."))
        return
    if health.state is State.BROKEN:
        clusters.lose(session, broken(session, health))
        return
    if sleeping.look_at(session, health):
        return
    look_at_servers(serving, health)
    look_at_wishes(session)
    look_at_runs(session)
    look_at_run_all(session)


def broken(session: Session, health: Health) -> ClusterError:
    """Say which service ended."""
    names = {service.name for service in session.spec.services}
    ended = [each for each in health.processes if each.name in names and each.is_broken]
    said = ", ".join(f"{each.name} (exit status {each.exit_status})" for each in ended)
    return ClusterGone(f"A service of the cluster ended: {said}.")


def look_at_servers(serving: list[StepRun], health: Health) -> None:
    """A server that ended by itself has failed; one that was to end has passed."""
    for run in serving:
        if run.typed is not None:
            look_at_typed(run, run.typed)
            continue
        name = run.spec.run.process_name
        process = health.process(name) if name is not None else None
        if process is not None and process.is_held:
            continue  # A fault: it is to be put right, and is nobody's mistake.
        if process is None or not process.is_running:
            status = process.exit_status if process else None
            run.refresh_from_db()
            if run.cancel_requested:  # Whoever was to note its end was lost.
                run.move(StepStatus.PASSED, finished_at=timezone.now(), exit_status=status)
                continue
            error = StepFailed(
                f"The server ended by itself (exit status {status}).",
                advice="Its last lines in the log say why. Mend that and run the step again.",
                # Who has sent a signal, nothing says.
                part=Part.UNKNOWN if status is None or blame.signal_of(status) else Part.CODE,
            )
            run.move(
                StepStatus.FAILED,
                finished_at=timezone.now(),
                exit_status=status,
                **as_fields(error),
            )


def look_at_typed(run: StepRun, typed: Mapping[str, str]) -> None:
    """A server that was typed ends with its shell, if nothing told of its end before."""
    shell = Terminal(run.session_id, run.generation, typed["service"], typed["name"])
    if terminals.state(shell).status in ("ended", "gone"):
        run.move(StepStatus.PASSED, finished_at=timezone.now())


def look_at_wishes(session: Session) -> None:
    """A server that was to end, or files that were saved, whose worker was lost."""
    for run in session.runs.filter(status=StepStatus.SERVING, cancel_requested=True):
        if is_lost(run, session.host):
            ask_again(run, session.host, orders.STOP_SERVER)
    if session.files_put < session.files_saved and is_lost(session, session.host):
        ask_again(session, session.host, orders.PUT_FILES)


def look_at_runs(session: Session) -> None:
    """A run without its worker has failed; one that waits too long is queued again."""
    for run in session.runs.filter(status=StepStatus.RUNNING, beat_at__isnull=False):
        if is_lost(run, session.host):
            lost = why_lost(run, session.host, "this step ran", "Run the step again.")
            session.change(is_autorunning=False)
            # Whoever pressed Cancel is heard, though there was nobody to pass it on to.
            to = StepStatus.CANCELLED if run.cancel_requested else StepStatus.FAILED
            run.move(to, finished_at=timezone.now(), **as_fields(lost))
    limit = lost_before(session.host)
    for run in session.runs.filter(status=StepStatus.QUEUED, created_at__lt=limit):
        if is_lost(run, session.host):
            ask_again(run, session.host, orders.CARRY_OUT)


def look_at_run_all(session: Session) -> None:
    """Run all whose worker was lost between two steps goes on."""
    busy = session.runs.filter(status__in=(StepStatus.QUEUED, StepStatus.RUNNING))
    if session.is_autorunning and not busy.exists():
        orders.run_next(session)


def look_at_clock(session: Session) -> None:
    """Warn of a session's end, and end it."""
    at, reason = sessions.ends_at(session)
    now = clock.now()
    if at <= now:
        log.info("session %s ends: %s", session.pk, reason)
        orders.tear_down(session, reason)
    elif not session.is_warned and at - now <= timedelta(minutes=session.spec.time.warn_before):
        session.change(is_warned=True)


def look_at_preparations(host: str) -> None:
    """One that lost its worker has failed; one that waits too long is queued again."""
    mine = Preparation.objects.filter(host=host)
    for each in mine.filter(status=StepStatus.RUNNING, beat_at__isnull=False):
        if is_lost(each, host):
            advice = "Press Prepare again: what was built stays."
            lost = why_lost(each, host, "it prepared the images", advice)
            each.move(StepStatus.FAILED, finished_at=timezone.now(), **as_fields(lost))
    for each in mine.filter(status=StepStatus.QUEUED, created_at__lt=lost_before(host)):
        if is_lost(each, host):
            ask_again(each, host, orders.PREPARE_IMAGES)


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
    known = set(wanted.values_list("cluster", flat=True)) | pool.names(host)
    for session_id in found:
        if session_id not in known:
            log.warning("cluster %s is wanted by no session: ended", session_id)
            runtime.down(session_id)
