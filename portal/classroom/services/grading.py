"""Points and comments by instructors, and more time for one student."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from portal.classroom.models import Assignment, Extension, Grade, User


class ChangedMeanwhile(Exception):
    """Somebody else has graded since the page was read. Nothing was changed."""

    def __init__(self, now: Grade | None) -> None:
        who = now.by.get_username() if now and now.by else "somebody"
        points = (
            "the counted points" if now is None or now.points is None else f"{now.points} points"
        )
        super().__init__(
            f"Not saved: {who} has graded this meanwhile, with {points}. "
            "What is there now is shown; what you wrote is still in the form. Save again to "
            "replace it."
        )
        self.now = now


def grade(
    assignment: Assignment,
    student: User,
    by: User,
    *,
    revision: int,
    points: Decimal | None,
    reason: str,
    comment: str,
) -> Grade:
    """Keep what an instructor says who has read that revision; 0 is for nothing as yet.

    Of two who have read the same, the second is told: raises ChangedMeanwhile.
    """
    said: dict[str, object] = {
        "points": points,
        "reason": reason if points is not None else "",
        "comment": comment,
        "by": by,
        "at": timezone.now(),
    }
    rows = Grade.objects.filter(assignment=assignment, user=student)
    if revision:
        won = rows.filter(revision=revision).update(revision=F("revision") + 1, **said)
    else:
        won = create(assignment, student, said)
    now = rows.select_related("by").first()
    if not won or now is None:
        raise ChangedMeanwhile(now)
    return now


def create(assignment: Assignment, student: User, said: dict[str, object]) -> bool:
    """The first word on it; False if somebody was quicker."""
    try:
        with transaction.atomic():
            Grade.objects.create(assignment=assignment, user=student, **said)
    except IntegrityError:
        return False
    return True


def extend(
    assignment: Assignment, student: User, by: User, *, due_at: datetime, reason: str
) -> Extension:
    """More time for one; who has some already gets this instead."""
    given, _ = Extension.objects.update_or_create(
        assignment=assignment,
        user=student,
        defaults={"due_at": due_at, "reason": reason, "by": by, "given_at": timezone.now()},
    )
    return given
