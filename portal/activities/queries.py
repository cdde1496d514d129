"""What pages and services ask about sessions and steps, one function a question."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from portal.activities.models import ACTIVE, LIVE, Attempt, Host, Session, StepRun
from portal.activities.status import SessionStatus, StepStatus
from portal.catalog import offering
from portal.catalog.models import LabVersion
from portal.engine.errors import Part
from portal.engine.lab.step import StepSpec

LAST_RUNS, ENOUGH_RUNS = 15, 3
"""How many runs an estimate looks at, and how many it needs."""
HOLDING = (SessionStatus.STARTING, SessionStatus.READY, SessionStatus.STOPPING)
"""A cluster runs, or is about to: it takes one of its host's places."""


def newest_runs(session: Session) -> dict[str, StepRun]:
    """The newest run of each step on the cluster that the session has now.

    What they printed and saw is left in the database until somebody asks a run for it: it may be
    long.
    """
    runs = session.runs.filter(generation=session.generation).defer("output", "evidence")
    newest = {run.step_id: run for run in runs.order_by("pk")}
    for run in newest.values():
        run.session = session
    return newest


def runs_now(sessions: Collection[str] | QuerySet[Session]) -> QuerySet[StepRun]:
    """What was run on the clusters that sessions have now."""
    return StepRun.objects.filter(session__in=sessions, generation=F("session__generation"))


def newest_of(runs: QuerySet[StepRun]) -> QuerySet[StepRun]:
    """Of some runs the newest of each session's steps, oldest first.

    Whoever has run a step fifty times takes no longer to be read than anybody else.
    """
    newest = runs.order_by().values("session_id", "step_id").annotate(newest=Max("pk"))
    return StepRun.objects.filter(pk__in=newest.values("newest")).order_by("pk")


def counted(
    runs: QuerySet[StepRun], *, has_times: bool
) -> Iterable[tuple[str, str, int, int, datetime | None]]:
    """Of each session's steps: how many runs, how many good ones, and when the last of these ended.

    Without times nobody looks for that.
    """
    is_good = Q(status__in=[each for each in StepStatus if each.is_good])
    steps: QuerySet[StepRun, Any] = runs.order_by().values_list("session_id", "step_id")
    done_at: Any = Max("finished_at", filter=is_good) if has_times else Value(None, DateTimeField())
    good = Count("pk", filter=is_good)
    return steps.annotate(tries=Count("pk"), good=good, done_at=done_at)


def routes_served(session: Session) -> dict[int, list[Any]]:
    """The routes of each server that runs now, by its port, as far as they are known."""
    runs = session.runs.filter(generation=session.generation, status=StepStatus.SERVING)
    kept = runs.order_by("pk").values_list("evidence", flat=True)
    return {each["port"]: each["routes"] for each in kept if each and each.get("port")}


def best_other_attempt(session: Session) -> Attempt | None:
    """The student's best attempt at the lab on another cluster than the session's present one."""
    made = Attempt.objects.filter(owner=session.owner_id, lab=session.lab_id)
    return (
        made.exclude(session=session, generation=session.generation)
        .order_by("-share", "pk")
        .first()
    )


def steps_shown(session: Session) -> tuple[StepSpec, ...]:
    """The lab's steps, less those that only another answer would show on this cluster.

    A rehearsal has all of them: nobody answers there.
    """
    steps = session.spec.steps
    questions = {each.when.question for each in steps if each.when}
    if not questions or session.is_rehearsal:
        return steps
    runs = session.runs.filter(generation=session.generation, step_id__in=questions)
    fields = runs.values_list("step_id", "params__answer", "status", "error_part")
    given = [(step, answer, judged(status, part)) for step, answer, status, part in fields]
    return tuple(
        each
        for each in steps
        if each.when is None
        or any(each.when.is_met(*rest) for step, *rest in given if step == each.when.question)
    )


def judged(status: str, part: str) -> bool | None:
    """Whether an answer was right; None for one that nobody has judged."""
    # An order of lines may also fail at what the step's check looks at, which is code.
    if status == StepStatus.FAILED and part in (Part.ANSWER, Part.CODE):
        return False
    return True if status == StepStatus.PASSED else None


def missing_steps(session: Session, step: StepSpec) -> list[StepSpec]:
    """The steps that have to be done before this one."""
    runs = newest_good_ids(session)
    return [session.spec.step(need) for need in step.needs if need not in runs]


def newest_good_ids(session: Session) -> set[str]:
    """The steps that have once passed, or serve, on the cluster that the session has now."""
    good = [status for status in StepStatus if status.is_good]
    runs = session.runs.filter(generation=session.generation, status__in=good)
    return set(runs.values_list("step_id", flat=True))


def first_evidence(session: Session, step: StepSpec) -> dict[str, Any]:
    """What the step's first run that saw anything saw, on the cluster that the session has now."""
    runs = session.runs.filter(generation=session.generation, step_id=step.id)
    kept = runs.exclude(evidence={}).order_by("pk").values_list("evidence", flat=True)
    return kept.first() or {}


def usual_seconds(session: Session, step: StepSpec) -> float:
    """How long a step mostly takes: the median of its last runs in this lab that passed.

    The first on a cluster is compared with others' first, since what it starts stays. Until there
    are three such runs, and for a server, which runs until it is stopped, it is what the lab says.
    """
    if step.run.serves:
        return float(step.usual)
    passed = StepRun.objects.filter(step_id=step.id, status=StepStatus.PASSED)
    mine = passed.filter(session=session, generation=session.generation)
    cluster = {"session": OuterRef("session"), "generation": OuterRef("generation")}
    before = Exists(passed.filter(**cluster, pk__lt=OuterRef("pk")))
    alike = passed.filter(before if mine.exists() else ~before, session__lab=session.lab_id)
    timed = alike.filter(finished_at__isnull=False).order_by("-pk")
    taken = [
        (ended - began).total_seconds()
        for began, ended in timed.values_list("started_at", "finished_at")[:LAST_RUNS]
        if began and ended
    ]
    return median(taken) if len(taken) >= ENOUGH_RUNS else float(step.usual)


def hints_shown(session: Session) -> dict[str, int]:
    """How many hints the student has asked for, by step."""
    counted = session.shown_hints.values("step_id").annotate(count=Count("pk"))
    return dict(counted.values_list("step_id", "count"))


def active_run(session: Session, step_id: str) -> StepRun | None:
    """The run of a step that is under way."""
    return session.runs.filter(step_id=step_id, status__in=ACTIVE).first()


def next_lab(session: Session) -> LabVersion | None:
    """The first lab that the student is offered and has not finished, besides the session's own."""
    finished = Attempt.objects.filter(owner=session.owner_id, completed_at__isnull=False)
    done = {session.lab_id, *finished.values_list("lab_id", flat=True)}
    offers = (offer for shelf in offering.shelves(session.owner) for offer in shelf.offers)
    return next((o.version for o in offers if o.is_open and o.version.lab_id not in done), None)


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


def awake(host: str) -> int:
    """How many clusters of a host may do something."""
    return Session.objects.filter(host=host, status__in=HOLDING, asleep_since=None).count()


def waits_for_processors(session: Session) -> bool:
    """Whether a session that waits does so as its host's processors are busy."""
    is_waiting = session.state is SessionStatus.QUEUED
    return is_waiting and Host.objects.filter(pk=session.host, is_busy=True).exists()


def silent_host(session: Session) -> Host | None:
    """The host of a session that lives, if it has given no sign of life for too long."""
    if session.state is SessionStatus.ENDED:
        return None
    host = Host.objects.filter(pk=session.host).first()
    return host if host is not None and host.is_silent else None
