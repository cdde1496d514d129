"""Whose hands are up in all classes that somebody helps in, by how long they have waited."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from portal.activities.models import ShownHint, StepRun
from portal.activities.status import StepStatus
from portal.classroom.models import Class, Hint, Membership, RaisedHand, Right
from portal.classroom.permissions import Anybody, taught
from portal.classroom.queries import step_title

MOST = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hand that is up."""

    hand: RaisedHand
    klass: Class
    step: str
    minutes: int


def waiting(user: Anybody) -> list[Waiting]:
    """The hands, the longest wait first. Who is in two of the classes waits once."""
    classes = {each.pk: each for each in taught(user, Right.HELP).filter(archived_at=None)}
    hands = RaisedHand.objects.filter(session__owner__memberships__klass__in=classes).distinct()
    hands = hands.select_related("session__owner", "session__version__lab", "claimed_by")[:MOST]
    owners = [hand.session.owner_id for hand in hands]
    members = Membership.objects.filter(user__in=owners, klass__in=classes).order_by("-pk")
    where = dict(members.values_list("user", "klass"))
    now = timezone.now()
    return [
        Waiting(
            hand,
            classes[where[hand.session.owner_id]],
            step_title(hand.session, hand.step_id) if hand.step_id else "",
            int((now - hand.raised_at).total_seconds() // 60),
        )
        for hand in hands
        if hand.session.owner_id in where
    ]


@dataclass(frozen=True, slots=True)
class HintFigures:
    """One of a lab's hints in a class."""

    lab: str
    step_id: str
    number: int
    asked: int
    passed: int
    """Who did the step after it, on the same cluster or a later one of the session."""


def lab_hints(klass: Class) -> list[HintFigures]:
    """What came of the labs' own hints, for those whom the class has."""
    good = [status for status in StepStatus if status.is_good]
    passed_after = StepRun.objects.filter(
        session=OuterRef("session"),
        step_id=OuterRef("step_id"),
        status__in=good,
        created_at__gte=OuterRef("shown_at"),
    )
    shown = ShownHint.objects.filter(
        session__owner__memberships__klass=klass, session__is_rehearsal=False
    )
    counted = (
        shown.annotate(has_passed=Exists(passed_after), lab=F("session__lab__name"))
        .values("lab", "step_id", "number")
        .annotate(asked=Count("pk"), passed=Count("pk", filter=Q(has_passed=True)))
        .order_by("lab", "step_id", "number")
    )
    return [HintFigures(**each) for each in counted]


def said_hints(klass: Class) -> QuerySet[Hint]:
    """What was said to the class's students, newest first, with what they said of it."""
    said = Hint.objects.filter(session__owner__memberships__klass=klass, is_broadcast=False)
    return said.select_related("author", "session__owner").order_by("-pk")[:100]
