"""What pages and services ask about sessions and steps, one function a question."""

from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from portal.activities.models import ACTIVE, LIVE, Session, StepRun
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.spec import StepSpec

HOLDING = (SessionStatus.STARTING, SessionStatus.READY, SessionStatus.STOPPING)
"""A cluster runs, or is about to: it takes one of its host's places."""


def newest_runs(session: Session) -> dict[str, StepRun]:
    """The newest run of each step on the cluster that the session has now.

    What they printed is left in the database until somebody asks a run for it: it may be long.
    """
    runs = session.runs.filter(generation=session.generation).defer("output").order_by("pk")
    newest = {run.step_id: run for run in runs}
    for run in newest.values():
        run.session = session
    return newest


def missing_steps(session: Session, step: StepSpec) -> list[StepSpec]:
    """The steps that have to be done before this one."""
    runs = newest_good_ids(session)
    return [session.spec.step(need) for need in step.needs if need not in runs]


def newest_good_ids(session: Session) -> set[str]:
    """The steps that have once passed, or serve, on the cluster that the session has now."""
    good = [status for status in StepStatus if status.is_good]
    runs = session.runs.filter(generation=session.generation, status__in=good)
    return set(runs.values_list("step_id", flat=True))


def hints_shown(session: Session) -> dict[str, int]:
    """How many hints the student has asked for, by step."""
    counted = session.shown_hints.values("step_id").annotate(count=Count("pk"))
    return dict(counted.values_list("step_id", "count"))


def active_run(session: Session, step_id: str) -> StepRun | None:
    """The run of a step that is under way."""
    return session.runs.filter(step_id=step_id, status__in=ACTIVE).first()


def place_in_line(session: Session) -> int:
    """How many sessions are served before this one, itself included; 0 when it does not wait."""
    if session.state is not SessionStatus.QUEUED:
        return 0
    waiting = Session.objects.filter(host=session.host, status=SessionStatus.QUEUED)
    return waiting.filter(created_at__lte=session.created_at).count()


def on_host(host: str) -> QuerySet[Session]:
    """The live sessions of a host."""
    return Session.objects.filter(host=host, status__in=LIVE).select_related("version__lab")


def at_work(host: str, lingering: timedelta) -> dict[str, set[str]]:
    """By session, the steps that run on a host, or have ended no longer ago than that."""
    is_recent = Q(status=StepStatus.RUNNING) | Q(finished_at__gte=timezone.now() - lingering)
    runs = StepRun.objects.filter(is_recent, session__host=host, session__status__in=LIVE)
    found: dict[str, set[str]] = {}
    for session_id, step_id in runs.values_list("session_id", "step_id"):
        found.setdefault(session_id, set()).add(step_id)
    return found


def live_by_host() -> dict[str, int]:
    """How many live sessions each host has, waiting ones included."""
    counted = Session.objects.filter(status__in=LIVE).values("host").annotate(count=Count("pk"))
    return dict(counted.values_list("host", "count"))


def holding_places(host: str) -> int:
    """How many clusters a host runs, or is about to."""
    return Session.objects.filter(host=host, status__in=HOLDING).count()
