"""A class at the end of its term: put away, taken over into the next, deleted."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.classroom.models import Assignment, Class, Staff, User

GRACE = timedelta(days=1)
"""A class that is to be deleted can be kept after all for so long."""
KEPT = ("lab", "counts", "time_zone", "quiet_at", "keep_days")
OF_LAB = (
    *("lab", "version", "position", "runtime", "points", "late_percent", "late_floor"),
    "lms_column",
)
TIMES = ("opens_at", "due_at", "closes_at")


def archive(klass: Class) -> None:
    """It is only to be looked at: its students get no labs by it, and no way leads in."""
    if klass.archived_at is None:
        klass.archived_at = timezone.now()
        klass.save(update_fields=["archived_at"])
    klass.codes.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())


def bring_back(klass: Class) -> None:
    """It goes on; codes that were withdrawn stay so."""
    klass.archived_at = klass.delete_at = None
    klass.save(update_fields=["archived_at", "delete_at"])


def delete(klass: Class) -> None:
    """Archive it, and have it deleted a day later unless somebody keeps it after all."""
    archive(klass)
    klass.delete_at = timezone.now() + GRACE
    klass.save(update_fields=["delete_at"])


@transaction.atomic
def copy(klass: Class, owner: User, *, name: str, days: int | None, has_staff: bool) -> Class:
    """The same class for other students: its settings, labs and sections, and nobody in it.

    Its times are so many days later by the class's clock; without a number there are none.
    """
    made = Class.objects.create(name=name, **{field: getattr(klass, field) for field in KEPT})
    made.add_staff(owner, Staff.Role.OWNER)
    if has_staff:
        for post in klass.staffing.exclude(user=owner):
            Staff.objects.create(
                klass=made, user=post.user, role=post.role, may_grade=post.may_grade
            )
    for section in klass.sections.all():
        made.sections.create(name=section.name)
    for given in klass.assignments.all():
        times = {field: later(klass, getattr(given, field), days) for field in TIMES}
        said = {field: getattr(given, field) for field in OF_LAB}
        Assignment.objects.create(klass=made, **said, **times)
    if days is not None:
        copy_meetings(klass, made, timedelta(days=days))
    return made


def copy_meetings(klass: Class, made: Class, by: timedelta) -> None:
    """When the class meets, so many days later."""
    for meeting in klass.meetings.all():
        meeting.pk, meeting.klass = None, made
        meeting.on += by
        if meeting.last_on:
            meeting.last_on += by
        meeting.save(force_insert=True)


def later(klass: Class, at: datetime | None, days: int | None) -> datetime | None:
    """The same time by the clock on the wall, on another day."""
    if at is None or days is None:
        return None
    wall = at.astimezone(klass.zone).replace(tzinfo=None) + timedelta(days=days)
    return wall.replace(tzinfo=klass.zone)
