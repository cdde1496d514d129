"""Run a lab from its first step to its last without a browser, by the services that pages use."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from portal.activities import queries
from portal.activities.models import Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.lab.step import Move, StepSpec
from portal.runner.services import clusters, runs

POLL_SECONDS = 0.05
END_SECONDS = 60.0
SPARE_SECONDS = 60.0
"""Beyond a step's own limit, for the checks after it."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What came of one step."""

    id: str
    title: str
    passed: bool
    seconds: float
    why: str
    output: str


def rehearse(session: Session) -> Iterator[StepReport]:
    """Bring the session's cluster up, and do every step up to the tear-down.

    A worker of a running portal may be quicker: then its work is waited for.
    """
    clusters.bring_up(session.pk)
    wait(lambda: settled(session), 300)
    for step in session.spec.steps:
        match step.run.move:
            case None if step.run.needs_somebody:
                continue
            case None:
                yield do_step(session, step)
            case Move.PREPARE | Move.UP:
                yield report(step, queries.newest_runs(session).get(step.id), session)
            case Move.DOWN:
                continue


def settled(session: Session) -> bool:
    """Whether the launch is over."""
    session.refresh_from_db()
    return session.state not in (SessionStatus.QUEUED, SessionStatus.STARTING)


def do_step(session: Session, step: StepSpec) -> StepReport:
    """Do one step, as a click on it would."""
    session.refresh_from_db()
    sessions.touch(session)
    try:
        run, _ = steps.request(session, step, {})
    except NotNow as refusal:
        return StepReport(step.id, step.title, False, 0.0, str(refusal), "")
    runs.carry_out(run.pk)
    wait(lambda: is_over(run), step.timeout + SPARE_SECONDS)
    return report(step, run, session)


def is_over(run: StepRun) -> bool:
    """Whether it runs no more; a server that serves has done its step."""
    run.refresh_from_db()
    return run.state is StepStatus.SERVING or not run.state.is_active


def tear_down(session: Session) -> list[StepReport]:
    """End the cluster, whatever state it is in; report on the lab's own step for that."""
    began = time.monotonic()
    session.refresh_from_db()
    sessions.tear_down(session, reason="rehearsal")
    clusters.bring_down(session.pk)
    is_ended = wait(lambda: has_ended(session), END_SECONDS)
    why = "" if is_ended else "The cluster could not be ended."
    seconds = time.monotonic() - began
    return [
        StepReport(step.id, step.title, is_ended, seconds, why, "")
        for step in session.spec.steps
        if step.run.move is Move.DOWN
    ]


def has_ended(session: Session) -> bool:
    """Whether the cluster is gone for good."""
    session.refresh_from_db()
    return session.state is SessionStatus.ENDED


def report(step: StepSpec, run: StepRun | None, session: Session) -> StepReport:
    """What a run's row says."""
    if run is None:
        return StepReport(step.id, step.title, False, 0.0, session.error or "It never ran.", "")
    end = run.finished_at or timezone.now()
    seconds = (end - (run.started_at or end)).total_seconds()
    why = "" if run.state.is_good else f"{run.error} {run.error_advice}".strip() or run.status
    return StepReport(step.id, step.title, run.state.is_good, seconds, why, run.output)


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition. False when its time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
