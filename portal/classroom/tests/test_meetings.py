"""When a class meets: by whose clock, what is to be ready then, and what its settings say."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.activities.models import Host, Session
from portal.catalog.models import LabVersion
from portal.classroom import meetings
from portal.classroom.models import AuditEntry, Class, Meeting
from portal.classroom.services import terms
from portal.classroom.tests.conftest import Entry, People

MONDAY = date(2026, 10, 19)
"""Clocks go back on Sunday 25 October in Paris."""
SAID = {
    "on": "2026-10-19",
    "ready_at": "09:55",
    "begins_at": "10:00",
    "ends_at": "11:30",
    "clusters": "30",
    "warm": "10",
    "places": "20",
    "keep_minutes": "10",
}


@pytest.fixture
def meeting(klass: Class, version: LabVersion) -> Meeting:
    """Mondays in Paris, ready at 9:55 for 10:00."""
    Class.objects.update(time_zone="Europe/Paris")
    klass.refresh_from_db()
    return klass.meetings.create(
        lab=version.lab,
        on=MONDAY,
        last_on=MONDAY + timedelta(weeks=2),
        ready_at=time(9, 55),
        begins_at=time(10),
        ends_at=time(11, 30),
        clusters=30,
        warm=10,
        places=20,
    )


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the portal's clock."""

    def is_at(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return is_at


@pytest.mark.parametrize(
    ("at", "begins"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 10, 19, 8, tzinfo=UTC)),
        (datetime(2026, 10, 19, 9, 29, tzinfo=UTC), datetime(2026, 10, 19, 8, tzinfo=UTC)),
        (datetime(2026, 10, 19, 9, 30, tzinfo=UTC), datetime(2026, 10, 26, 9, tzinfo=UTC)),
        (datetime(2026, 10, 27, tzinfo=UTC), datetime(2026, 11, 2, 9, tzinfo=UTC)),
        (datetime(2026, 11, 3, tzinfo=UTC), None),
    ],
)
def test_it_is_every_week_by_the_clock_on_the_wall(
    meeting: Meeting, at: datetime, begins: datetime | None
) -> None:
    found = meetings.next_of(meeting, at)
    assert (found.begins_at if found else None) == begins


def test_one_without_a_last_day_is_once(meeting: Meeting) -> None:
    meeting.last_on = None
    assert meetings.next_of(meeting, datetime(2026, 10, 20, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("hour", "minute", "clusters", "places"),
    [
        (7, 44, None, None),  # Thirty take ten minutes to come up.
        (7, 45, 30, 0),
        (7, 55, 30, 20),
        (8, 9, 30, 20),
        (8, 10, 30, 0),
        (9, 30, None, None),
    ],
)
def test_it_is_filled_before_it_begins_and_places_are_kept_for_a_while(
    meeting: Meeting, now: Any, hour: int, minute: int, clusters: int | None, places: int | None
) -> None:
    now(datetime(2026, 10, 19, hour, minute, tzinfo=UTC))
    found = list(meetings.wanted())
    assert [(each.clusters, each.places) for each in found] == (
        [] if clusters is None else [(clusters, places)]
    )


def test_who_has_come_needs_none_any_more(
    meeting: Meeting, people: People, version: LabVersion, now: Any
) -> None:
    """Ada has a cluster, bo's starts: both have a place, and are of the class as its teacher is."""
    now(datetime(2026, 10, 19, 8, 0, tzinfo=UTC))
    for name, status in (("ada", "ready"), ("bo", "starting")):
        Session.objects.create(
            owner=people[name], version=version, status=status, expires_at=timezone.now()
        )
    (found,) = meetings.wanted()
    assert (found.clusters, found.places) == (29, 18)
    assert found.people == {people[name].pk for name in ("ada", "bo", "teacher")}
    assert found.version == version


def test_a_small_pool_is_filled_again_for_a_large_class(meeting: Meeting, now: Any) -> None:
    now(datetime(2026, 10, 19, 8, 0, tzinfo=UTC))
    Meeting.objects.update(clusters=1, places=1)
    (found,) = meetings.wanted()
    assert (found.clusters, found.places) == (1, 1)


def test_an_archived_class_wants_nothing(meeting: Meeting, now: Any) -> None:
    now(datetime(2026, 10, 19, 8, 0, tzinfo=UTC))
    terms.archive(meeting.klass)
    assert list(meetings.wanted()) == []


def test_the_class_own_version_and_runtime_are_taken(
    meeting: Meeting, klass: Class, version: LabVersion, now: Any
) -> None:
    now(datetime(2026, 10, 19, 8, 0, tzinfo=UTC))
    newest = LabVersion.objects.get(pk=version.pk)
    newest.pk, newest.number = None, 2
    newest.save(force_insert=True)
    (found,) = meetings.wanted()
    assert found.version == newest
    klass.assignments.create(lab=version.lab, version=version, runtime="docker")
    (found,) = meetings.wanted()
    assert (found.version, found.runtime) == (version, "docker")


def test_settings_tell_and_change_when_a_class_meets(
    klass: Class, people: People, version: LabVersion, enter: Entry
) -> None:
    Host.objects.create(name="local", seen_at=timezone.now(), places=12)
    teacher, where = enter(people["teacher"]), f"/classes/{klass.pk}"
    said = SAID | {"lab": str(version.lab.pk)}
    page = teacher.post(f"{where}/meetings/add/", said, follow=True).content.decode()
    assert "There is room for 12 clusters now" in page
    assert "30 clusters ready" in page
    made = klass.meetings.get()
    teacher.post(f"{where}/meetings/{made.pk}/", said | {"clusters": "10"})
    made.refresh_from_db()
    assert made.clusters == 10
    teacher.post(f"{where}/meetings/{made.pk}/remove/")
    assert not klass.meetings.exists()
    verbs = AuditEntry.objects.filter(verb__endswith="class time").values_list("verb", flat=True)
    assert sorted(verbs) == ["remove class time", "set class time", "set class time"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ready_at": "10:05"}, "ready when the class begins"),
        ({"ends_at": "10:00"}, "end later than it begins"),
        ({"last_on": "2026-10-18"}, "later than the first"),
        ({"warm": "31"}, "not more than them"),
        ({"clusters": "501"}, "less than or equal to 500"),
    ],
)
def test_what_can_not_be_is_said(
    klass: Class,
    people: People,
    version: LabVersion,
    enter: Entry,
    wrong: dict[str, str],
    words: str,
) -> None:
    said = SAID | {"lab": str(version.lab.pk)} | wrong
    answer = enter(people["teacher"]).post(f"/classes/{klass.pk}/meetings/add/", said)
    assert words in answer.content.decode()


def test_another_class_s_time_is_not_there(
    meeting: Meeting, people: People, version: LabVersion, enter: Entry
) -> None:
    other = Class.objects.create(name="Tuesday")
    other.add_staff(people["colleague"])
    where = f"/classes/{other.pk}/meetings/{meeting.pk}/"
    assert enter(people["colleague"]).get(where).status_code == 404
    assert enter(people["ada"]).get(where).status_code == 404


def test_the_settings_say_what_is_ready_and_why_not_more(
    meeting: Meeting, people: People, enter: Entry, now: Any
) -> None:
    now(datetime(2026, 10, 19, 8, 0, tzinfo=UTC))
    told = {"key": f"meeting:{meeting.pk}", "wanted": 30, "ready": 4, "why": "no more memory"}
    Host.objects.create(name="local", seen_at=timezone.now(), pool=[told])
    page = enter(people["teacher"]).get(f"/classes/{meeting.klass_id}/settings/").content.decode()
    now_said = page[page.index("meeting-now") :]
    assert "Now: 4\n        of 30 ready; the host has no more memory" in now_said
    assert "Mon 19 Oct, 10:00\u201311:30" in page


def test_a_copy_meets_so_many_days_later(meeting: Meeting, people: People) -> None:
    made = terms.copy(meeting.klass, people["teacher"], name="Next", days=364, has_staff=False)
    again = made.meetings.get()
    assert (again.on, again.begins_at) == (MONDAY + timedelta(days=364), time(10))
    assert meeting.klass.meetings.count() == 1
