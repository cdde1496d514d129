"""What sessions recorded goes after a time, class by class; points and grades stay."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.classroom.models import Class, Membership

AT_ONCE = 500


def ended(klass: Class, days: int, now: datetime | None = None) -> QuerySet[Session]:
    """The sessions of a class's students that ended longer ago than that."""
    limit = (now or timezone.now()) - timedelta(days=days)
    return Session.objects.filter(
        owner__memberships__klass=klass, status=SessionStatus.ENDED, ended_at__lt=limit
    )


def due_in(klass: Class, days: int | None = None) -> QuerySet[Session]:
    """What would go of a class now. Who is in another that keeps longer keeps as long as it."""
    kept = klass.keep_days if days is None else days
    if not kept:
        return Session.objects.none()
    longer = Membership.objects.exclude(klass=klass).filter(klass__keep_days=None)
    found = ended(klass, kept).exclude(owner__in=longer.values("user"))
    others = Class.objects.exclude(pk=klass.pk).filter(keep_days__gt=kept)
    for other in others.filter(memberships__user__in=klass.memberships.values("user")).distinct():
        held = other.memberships.values("user")
        limit = timezone.now() - timedelta(days=other.keep_days or 0)
        found = found.exclude(owner__in=held, ended_at__gte=limit)
    return found.distinct()


def due_elsewhere() -> QuerySet[Session]:
    """What would go of people in no class."""
    if not settings.KEEP_DAYS:
        return Session.objects.none()
    limit = timezone.now() - timedelta(days=settings.KEEP_DAYS)
    return Session.objects.filter(
        owner__memberships=None, status=SessionStatus.ENDED, ended_at__lt=limit
    )


def due() -> Iterator[tuple[Class | None, QuerySet[Session]]]:
    """What would go now, by class; None for people in none."""
    for klass in Class.objects.exclude(keep_days=None):
        yield klass, due_in(klass)
    yield None, due_elsewhere()


def apply() -> int:
    """Let it go, some at once. Return how many sessions that were."""
    count = 0
    for _, found in due():
        for pk in list(found.values_list("pk", flat=True)[:AT_ONCE]):
            # One by one: files of results go with their rows, and nobody waits long for the lock.
            Session.objects.filter(pk=pk).delete()
            count += 1
    return count
