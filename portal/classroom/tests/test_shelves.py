"""What a class offers, from when to when, and when its clusters end."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from portal.activities.models import Session
from portal.activities.services import sessions
from portal.activities.services.wishes import NotNow
from portal.catalog import services as catalog
from portal.catalog.models import LabVersion
from portal.classroom.models import Assignment, Class, Extension
from portal.classroom.tests.conftest import Entry, People


@pytest.fixture
def given(klass: Class, version: LabVersion) -> Assignment:
    """Week 10, the class's only lab."""
    made: Assignment = klass.assignments.create(lab=version.lab)
    return made


@pytest.fixture
def other(version: LabVersion) -> LabVersion:
    """Another lab, that the class has not chosen."""
    loaded = catalog.read_folder(Path(settings.LABS_DIR) / "week10-kraft")
    return catalog.store(loaded)[0]


def cards(people: People, enter: Entry, name: str) -> str:
    """The page of labs, as somebody sees it."""
    return enter(people[name]).get("/").content.decode()


def test_a_class_that_has_chosen_shows_its_labs_in_its_order_and_no_others(
    klass: Class, given: Assignment, other: LabVersion, people: People, enter: Entry
) -> None:
    page = cards(people, enter, "ada")
    assert "/labs/week10/" in page
    assert "/labs/week10-kraft/" not in page
    ada = enter(people["ada"])
    assert ada.get("/labs/week10-kraft/").status_code == 404
    assert ada.get("/labs/week10-kraft/home.zip").status_code == 404
    with pytest.raises(NotNow, match="None of your classes"):
        sessions.launch(people["ada"].pk, other)
    Assignment.objects.update(position=1)
    klass.assignments.create(lab=other.lab)
    page = cards(people, enter, "ada")
    assert page.index("/labs/week10-kraft/") < page.index("/labs/week10/")


def test_who_is_in_no_class_or_in_one_that_has_not_chosen_sees_all(
    klass: Class, given: Assignment, other: LabVersion, people: People, enter: Entry
) -> None:
    for name in ("stranger", "teacher", "boss"):
        assert "/labs/week10-kraft/" in cards(people, enter, name)
    Class.objects.create(name="Free").memberships.create(user=people["ada"])
    page = cards(people, enter, "ada")
    assert page.index("Monday") < page.index("Other labs") < page.index("/labs/week10-kraft/")
    Class.objects.filter(name="Free").delete()
    Class.objects.filter(pk=klass.pk).update(archived_at=timezone.now())
    assert "/labs/week10-kraft/" in cards(people, enter, "ada")


def test_a_lab_is_launched_from_its_opening_on(
    klass: Class, given: Assignment, version: LabVersion, people: People, enter: Entry
) -> None:
    Assignment.objects.update(opens_at=timezone.now() + timedelta(hours=1))
    assert 'name="version"' not in cards(people, enter, "ada")
    with pytest.raises(NotNow, match="opens on"):
        sessions.launch(people["ada"].pk, version)
    answer = enter(people["ada"]).post("/launch/", {"version": version.pk}, follow=True)
    assert "opens on" in answer.content.decode()
    assert not Session.objects.exists()
    Assignment.objects.update(opens_at=timezone.now() - timedelta(hours=1))
    assert 'name="version"' in cards(people, enter, "ada")
    sessions.launch(people["ada"].pk, version)


def test_a_class_says_which_version_and_what_runs_it(
    klass: Class, given: Assignment, version: LabVersion, people: People, enter: Entry
) -> None:
    newer = catalog.add_version(version.lab, version.source + "\n# newer\n", version.files)
    catalog.publish(newer)
    Assignment.objects.update(version=version, runtime="docker")
    assert f'value="{version.pk}"' in cards(people, enter, "ada")
    with pytest.raises(NotNow, match="another version"):
        sessions.launch(people["ada"].pk, newer)
    made, _ = sessions.launch(people["ada"].pk, version)
    assert made.runtime == "docker"


def test_deadlines_are_told_in_the_readers_own_time_zone(
    klass: Class, given: Assignment, version: LabVersion, people: People, enter: Entry
) -> None:
    due = datetime(2030, 7, 1, 22, 0, tzinfo=UTC)
    Assignment.objects.update(due_at=due, late_percent=10)
    browser = enter(people["ada"])
    browser.cookies["sluice_zone"] = "Asia/Kolkata"
    assert "Tue 2 Jul 2030, 03:30 IST" in browser.get("/").content.decode()
    browser.cookies["sluice_zone"] = "../../etc/passwd"
    assert "Mon 1 Jul 2030, 22:00 UTC" in browser.get("/").content.decode()
    type(people["ada"]).objects.update(time_zone="America/New_York")
    assert "Mon 1 Jul 2030, 18:00 EDT" in browser.get("/").content.decode()
    Extension.objects.create(assignment=given, user=people["ada"], due_at=due + timedelta(days=1))
    page = browser.get("/").content.decode()
    assert "Tue 2 Jul 2030, 18:00 EDT" in page
    assert "more time" in page
    session, _ = sessions.launch(people["ada"].pk, version)
    assert "Tue 2 Jul 2030, 18:00 EDT" in browser.get(f"/s/{session.pk}/").content.decode()


def test_a_multiplier_stretches_sessions_too(
    klass: Class, version: LabVersion, people: People
) -> None:
    klass.memberships.filter(user=people["ada"]).update(time_multiplier=Decimal("1.5"))
    lengths = {}
    for name in ("ada", "bo"):
        made, _ = sessions.launch(people[name].pk, version)
        lengths[name] = round((made.expires_at - made.created_at).total_seconds() / 60)
    assert lengths["ada"] == round(lengths["bo"] * 1.5)


def test_at_its_quiet_hour_a_classes_sessions_end(klass: Class, session: Session) -> None:
    began = datetime(2026, 3, 28, 20, 30, tzinfo=UTC)
    Session.objects.update(created_at=began, expires_at=began + timedelta(days=2))
    Session.objects.update(last_active_at=began + timedelta(days=2), last_watched_at=began)
    session.refresh_from_db()
    assert sessions.ends_at(session, is_watched=True)[1] == "expired"
    Class.objects.update(quiet_at=time(2, 30), time_zone="Europe/Paris")
    # That hour is left out on 29 March; it is the moment at which clocks go forward.
    end = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert sessions.ends_at(session, is_watched=True) == (end, "quiet")
    Class.objects.update(archived_at=began)
    assert sessions.ends_at(session, is_watched=True)[1] == "expired"


def test_an_instructor_chooses_labs_and_their_times_by_the_classes_clock(
    klass: Class, version: LabVersion, other: LabVersion, people: People, enter: Entry
) -> None:
    teacher = enter(people["teacher"])
    teacher.post(f"/classes/{klass.pk}/settings/", settings_of(time_zone="Europe/Paris"))
    for lab in (version.lab, other.lab):
        teacher.post(f"/classes/{klass.pk}/labs/add/", {"lab": lab.name})
    first, second = klass.assignments.all()
    address = f"/classes/{klass.pk}/labs/{first.pk}/"
    said = {"late_percent": "10", "late_floor": "50", "due_at": "2030-07-01T23:59"}
    teacher.post(address, said)
    first.refresh_from_db()
    assert first.due_at == datetime(2030, 7, 1, 21, 59, tzinfo=UTC)
    assert 'value="2030-07-01T23:59"' in teacher.get(address).content.decode()
    answer = teacher.post(address, {**said, "closes_at": "2030-06-01T12:00"})
    assert "has to be later than" in answer.content.decode()
    # Half past two on 31 March 2030 is on no clock in Paris.
    answer = teacher.post(address, {**said, "due_at": "2030-03-31T02:30"})
    assert "may not exist" in answer.content.decode()
    teacher.post(f"/classes/{klass.pk}/labs/{second.pk}/move/", {"way": "up"})
    assert [each.pk for each in klass.assignments.all()] == [second.pk, first.pk]
    gone = f"/classes/{klass.pk}/labs/{first.pk}/remove/"
    assert "0\n    grades" in teacher.get(gone).content.decode()
    teacher.post(gone)
    assert [each.pk for each in klass.assignments.all()] == [second.pk]


def test_an_extension_is_given_by_the_classes_clock_and_withdrawn(
    klass: Class, given: Assignment, people: People, enter: Entry
) -> None:
    Class.objects.update(time_zone="Europe/Paris")
    Assignment.objects.update(due_at=datetime(2030, 7, 1, 21, 59, tzinfo=UTC))
    teacher = enter(people["teacher"])
    address = f"/classes/{klass.pk}/grades/{given.pk}/{people['ada'].pk}/"
    answer = teacher.post(f"{address}time/", {"due_at": "2030-06-01T12:00"}, follow=True)
    assert "later than the class" in answer.content.decode()
    teacher.post(f"{address}time/", {"due_at": "2030-07-08T23:59", "reason": "ill"})
    assert Extension.objects.get().due_at == datetime(2030, 7, 8, 21, 59, tzinfo=UTC)
    assert "Mon 8 Jul 2030, 23:59 CEST" in teacher.get(address).content.decode()
    teacher.post(f"{address}time/", {"withdraw": "1"})
    assert not Extension.objects.exists()


def settings_of(**changed: str) -> dict[str, str]:
    """The form of a class's settings."""
    return {"name": "Monday", "counts": "best", **changed}
