"""From when to when a lab counts, and how much: by when a step passed, to the clock of the class.

Moments are kept in UTC. Days are counted on the class's own calendar: with a deadline at 23:59 the
first day late ends at 23:59 of the next day, whether that has 23, 24 or 25 hours.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.classroom.models import Assignment, Extension

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What holds for one student in one lab of a class."""

    zone: ZoneInfo
    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    late_percent: int = 0
    late_floor: int = 0
    is_own: bool = False
    """Whether they are others than the class's."""

    def share(self, at: datetime) -> Decimal:
        """How much of its points a step counts that passed then: 0 to 1."""
        if (self.opens_at and at < self.opens_at) or (self.closes_at and at > self.closes_at):
            return Decimal(0)
        left = WHOLE - self.late_percent * self.days_late(at)
        return max(left, Decimal(self.late_floor if self.days_late(at) else 100)) / WHOLE

    def days_late(self, at: datetime) -> int:
        """How many days late have begun by then; 0 in time."""
        if self.due_at is None or at <= self.due_at:
            return 0
        due, now = self.due_at.astimezone(self.zone), at.astimezone(self.zone)
        days = (now.date() - due.date()).days
        return days + 1 if days == 0 or at > on_day(due, days) else days

    def is_open(self, now: datetime) -> bool:
        """Whether it can be launched."""
        return self.opens_at is None or now >= self.opens_at

    def is_closed(self, now: datetime) -> bool:
        """Whether nothing counts any more."""
        return self.closes_at is not None and now > self.closes_at


def on_day(local: datetime, days: int) -> datetime:
    """The same time by the clock on the wall, so many days later."""
    wall = local.replace(tzinfo=None, fold=0) + timedelta(days=days)
    # By way of UTC: two times of one zone would be compared by their clocks alone.
    return wall.replace(tzinfo=local.tzinfo).astimezone(UTC)


def deadlines_of(
    assignment: Assignment, zone: ZoneInfo, multiplier: Decimal, extension: Extension | None
) -> Deadlines:
    """What holds for a student with that time multiplier and extension.

    The multiplier stretches the time since the opening, or since the lab was given where there is
    none. Whoever has both gets the later of the two; it closes as much later as it is due.
    """
    due_at, closes_at = assignment.due_at, assignment.closes_at
    start = assignment.opens_at or assignment.given_at
    own_due, own_close = stretched(start, due_at, multiplier), closes_at
    if extension is not None and own_due is not None:
        own_due = max(own_due, extension.due_at)
    if due_at is None or own_due is None:
        own_close = stretched(start, closes_at, multiplier)
    elif closes_at is not None:
        own_close = closes_at + (own_due - due_at)
    return Deadlines(
        zone=zone,
        opens_at=assignment.opens_at,
        due_at=own_due,
        closes_at=own_close,
        late_percent=assignment.late_percent,
        late_floor=assignment.late_floor,
        is_own=(own_due, own_close) != (due_at, closes_at),
    )


def stretched(start: datetime, end: datetime | None, multiplier: Decimal) -> datetime | None:
    """An end that is so many times as far from the start; never earlier than it is."""
    if end is None or end <= start or multiplier <= 1:
        return end
    return start + (end - start) * float(multiplier)


def next_time(after: datetime, at: time, zone: ZoneInfo) -> datetime:
    """When the clock of a zone next shows a time after some moment."""
    local = after.astimezone(zone)
    for days in range(3):
        wall = datetime.combine(local.date() + timedelta(days=days), at)
        found = wall.replace(tzinfo=zone).astimezone(UTC)
        if found > after:
            return found
    raise AssertionError("a clock shows every time within two days")
