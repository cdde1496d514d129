"""What counts when: late by the class's own days, on both sides of a change of clocks."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from portal.classroom.deadlines import Deadlines, deadlines_of, next_time
from portal.classroom.models import Assignment, Extension

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
DUE = datetime(2026, 12, 3, 23, 59, tzinfo=PARIS)


def rule(due: datetime = DUE, *, percent: int = 10, floor: int = 0) -> Deadlines:
    """Due then, in Paris."""
    return Deadlines(PARIS, due_at=due, late_percent=percent, late_floor=floor)


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    """A time on a zone's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("when", "days", "share"),
    [
        ("2026-12-03T23:59", 0, "1"),
        ("2026-12-03T23:59:01", 1, "0.9"),
        ("2026-12-04T23:59", 1, "0.9"),
        ("2026-12-05T00:00", 2, "0.8"),
        ("2026-12-13T23:59", 10, "0"),
        ("2027-12-13T12:00", 375, "0"),
    ],
)
def test_each_day_late_that_has_begun_takes_its_share(when: str, days: int, share: str) -> None:
    assert rule().days_late(at(when)) == days
    assert rule().share(at(when)) == Decimal(share)


def test_the_floor_holds_until_it_closes() -> None:
    held = rule(floor=50)
    assert held.share(at("2027-01-01T12:00")) == Decimal("0.5")
    closing = Deadlines(PARIS, due_at=DUE, closes_at=at("2026-12-10T00:00"), late_floor=50)
    assert closing.share(at("2026-12-10T00:00")) == Decimal("1")  # Late, without a rule for it.
    assert closing.share(at("2026-12-10T00:01")) == 0


def test_before_the_opening_nothing_counts() -> None:
    held = Deadlines(PARIS, opens_at=at("2026-12-01T08:00"))
    assert held.share(at("2026-12-01T07:59")) == 0
    assert held.share(at("2026-12-01T08:00")) == 1
    assert not held.is_open(at("2026-12-01T07:59"))


@pytest.mark.parametrize(
    ("due", "still_first", "second"),
    [
        # Clocks go forward on 29 March: the day after the deadline has 23 hours.
        ("2026-03-28T23:59", "2026-03-29T23:59", "2026-03-30T00:00"),
        # They go back on 25 October: that one has 25.
        ("2026-10-24T23:59", "2026-10-25T23:59", "2026-10-26T00:00"),
    ],
)
def test_a_day_late_ends_by_the_clock_on_the_wall(due: str, still_first: str, second: str) -> None:
    held = rule(at(due))
    assert held.days_late(at(still_first)) == 1
    assert held.days_late(at(second)) == 2
    assert at(still_first) - at(due) != timedelta(days=1)


def test_a_deadline_in_the_hour_that_comes_twice_is_one_moment() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS).astimezone(UTC)
    second = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1).astimezone(UTC)
    assert second - first == timedelta(hours=1)
    assert rule(first).days_late(second) == 1
    assert rule(second).days_late(first) == 0


def test_a_deadline_in_the_hour_that_is_left_out_has_days_like_any() -> None:
    held = rule(at("2026-03-28T02:30"))
    assert held.days_late(at("2026-03-29T01:59")) == 1
    assert held.days_late(at("2026-03-29T03:31")) == 2


def assignment(**fields: datetime) -> Assignment:
    """Given a week before it is due, with nothing of it in the database."""
    return Assignment(given_at=DUE - timedelta(days=7), **fields)


def test_a_multiplier_stretches_the_time_since_the_opening() -> None:
    held = assignment(
        opens_at=DUE - timedelta(days=4), due_at=DUE, closes_at=DUE + timedelta(days=2)
    )
    found = deadlines_of(held, PARIS, Decimal("1.5"), None)
    assert found.due_at == DUE + timedelta(days=2)
    assert found.closes_at == DUE + timedelta(days=4)
    assert found.is_own
    assert not deadlines_of(held, PARIS, Decimal(1), None).is_own


def test_a_multiplier_counts_from_when_the_lab_was_given_where_nothing_opens_it() -> None:
    found = deadlines_of(assignment(due_at=DUE), PARIS, Decimal(2), None)
    assert found.due_at == DUE + timedelta(days=7)
    only_closes = deadlines_of(assignment(closes_at=DUE), PARIS, Decimal(2), None)
    assert only_closes.closes_at == DUE + timedelta(days=7)


def test_of_an_extension_and_a_multiplier_the_later_counts() -> None:
    held = assignment(due_at=DUE, closes_at=DUE + timedelta(days=1))
    for days, multiplier, more in ((3, "1", 3), (3, "2", 7), (10, "2", 10)):
        extension = Extension(due_at=DUE + timedelta(days=days))
        found = deadlines_of(held, PARIS, Decimal(multiplier), extension)
        assert found.due_at == DUE + timedelta(days=more)
        assert found.closes_at == DUE + timedelta(days=more + 1)


@pytest.mark.parametrize(
    ("after", "zone", "found"),
    [
        ("2026-12-01T22:00", PARIS, "2026-12-01T23:00"),
        ("2026-12-01T23:00", PARIS, "2026-12-02T23:00"),
        ("2026-03-28T23:30", PARIS, "2026-03-29T23:00"),
        ("2026-10-24T23:30", PARIS, "2026-10-25T23:00"),
        ("2026-11-01T12:00", NEW_YORK, "2026-11-01T23:00"),
    ],
)
def test_the_quiet_hour_is_the_next_on_the_classes_clock(
    after: str, zone: ZoneInfo, found: str
) -> None:
    assert next_time(at(after, zone), time(23), zone) == at(found, zone)


def test_a_quiet_hour_that_clocks_leave_out_is_still_one() -> None:
    found = next_time(at("2026-03-29T00:30"), time(2, 30), PARIS)
    assert found == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
