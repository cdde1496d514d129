"""People's data: shown, taken along, erased in the middle of a session, and kept only so long."""

import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from portal.activities.models import Attempt, Session, StepRun
from portal.activities.services import sessions
from portal.catalog.models import LabVersion
from portal.classroom import audit, chores
from portal.classroom.models import AuditEntry, Class, Erasure, KeptGrade, User
from portal.classroom.services import erasing, retention
from portal.classroom.tests.conftest import Entry, People, run_of
from portal.live.connection import connect


@pytest.fixture(autouse=True)
def nobody_read() -> None:
    """No test counts what another has read."""
    if keys := list(connect().scan_iter("read:*")):
        connect().delete(*keys)


def test_a_student_takes_along_all_that_is_theirs_and_nobody_elses(
    klass: Class, session: Session, version: LabVersion, people: People, enter: Entry
) -> None:
    run = run_of(session, "topic", "passed")
    StepRun.objects.filter(pk=run.pk).update(output="Created topic \x1b[1mevents.")
    other, _ = sessions.launch(people["bo"].pk, version)
    klass.notes.create(student=people["ada"], text="for her", is_shown=True)
    klass.notes.create(student=people["ada"], text="not for her")
    audit.record(people["teacher"], "stop", session=session)
    audit.record(people["teacher"], "stop", session=other)
    answer = enter(people["ada"]).post("/me/data/download/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    told = {name: archive.read(name).decode() for name in archive.namelist()}
    everything = "".join(told.values())
    assert "Created topic" in told[f"sessions/{session.pk}.json"]
    assert json.loads(told["account.json"])["username"] == "ada"
    assert other.pk not in everything
    assert "not for her" not in everything
    assert "for her" in told["of-you/class_notes.json"]
    assert len([each for each in json.loads(told["audit.json"]) if each["verb"] == "stop"]) == 1
    assert people["ada"].password not in everything


def test_an_erasure_in_mid_session_ends_it_and_then_removes_all(
    klass: Class, session: Session, people: People, enter: Entry, nothing_runs: list[object]
) -> None:
    ada = people["ada"]
    audit.record(ada, "run_step", session=session, detail="topic")
    audit.record(people["teacher"], "grade", klass=klass, detail="ada in week10: 3 → 9 (adamant)")
    browser = enter(ada)
    assert (
        "not your username" in browser.post("/me/data/erase/", {"username": "bo"}).content.decode()
    )
    said = {"username": "ada", "password": "wrong"}
    assert "not your password" in browser.post("/me/data/erase/", said).content.decode()
    browser.post("/me/data/erase/", {"username": "ada", "password": "x"})
    assert ("bring_down", session.pk) in nothing_runs
    erasure = Erasure.objects.get()
    assert erasure.finished_at is None
    assert browser.get("/").status_code == 302  # Signed out.
    assert not klass.memberships.filter(user=ada.pk).exists()
    ada.refresh_from_db()
    assert (ada.username, ada.email, ada.is_active) == (erasure.pseudonym, "", False)
    assert erasing.finish_all() == 0
    Session.objects.update(status="ended", ended_at=timezone.now())
    assert erasing.finish_all() == 1
    assert not User.objects.filter(pk=ada.pk).exists()
    assert not Session.objects.exists()
    for entry in AuditEntry.objects.all():
        assert "ada" not in (entry.actor, entry.owner, *entry.detail.split())
    graded = AuditEntry.objects.get(verb="grade")
    assert graded.detail == f"{erasure.pseudonym} in week10: 3 → 9 (adamant)"


def test_the_institution_may_keep_grades(
    klass: Class, version: LabVersion, people: People, settings: Settings, enter: Entry
) -> None:
    klass.assignments.create(lab=version.lab, points=Decimal(10))
    now = timezone.now()
    Attempt.objects.create(
        owner=people["ada"],
        lab=version.lab,
        generation=1,
        weights={"topic": 1, "read": 1},
        done=["topic"],
        done_at={"topic": now.isoformat()},
        steps=2,
        points=1,
        points_of=2,
    )
    settings.KEEP_GRADES = True
    erasing.erase(people["ada"])
    kept = KeptGrade.objects.get()
    page = enter(people["teacher"]).get(f"/classes/{klass.pk}/grades/").content.decode()
    assert "Kept of people who have left" in page
    assert (kept.name, kept.points, kept.possible) == ("ada", Decimal(5), Decimal(10))
    assert not Attempt.objects.exists()


def test_who_runs_something_alone_hands_it_over_first(klass: Class, people: People) -> None:
    with pytest.raises(erasing.NotErased, match="only owner of Monday"):
        erasing.erase(people["teacher"])
    with pytest.raises(erasing.NotErased, match="another admin"):
        erasing.erase(people["boss"])


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody'",
        "verb = 'x', actor = '{0}'",
        "detail = 'nothing happened'",
        "session_id = '', owner = '{0}'",
    ],
)
def test_while_somebody_is_erased_the_audit_takes_a_pseudonym_and_no_other_change(
    people: People, change: str
) -> None:
    audit.record(people["teacher"], "stop", detail="x")
    AuditEntry.objects.create(actor="ada", verb="run", session_id="abc")
    pseudonym = Erasure.objects.create().pseudonym
    statement = f"UPDATE classroom_auditentry SET {change.format(pseudonym)}"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    connection.cursor().execute(f"UPDATE classroom_auditentry SET actor = '{pseudonym}'")
    Erasure.objects.update(finished_at=timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(f"UPDATE classroom_auditentry SET owner = '{pseudonym}'")


@pytest.fixture
def old(klass: Class, session: Session, people: People) -> Session:
    """Ada's session, ended forty days ago."""
    ended = timezone.now() - timedelta(days=40)
    run_of(session, "topic", "passed")
    session.attempt().take("topic")
    Session.objects.filter(pk=session.pk).update(status="ended", ended_at=ended)
    session.refresh_from_db()
    return session


def test_retention_is_looked_at_and_then_removes_what_is_old_but_no_points(
    klass: Class, old: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("retention")
    assert "1 sessions" not in capsys.readouterr().out
    Class.objects.update(keep_days=30)
    call_command("retention")
    assert "Monday (kept 30 days): 1 sessions" in capsys.readouterr().out
    assert Session.objects.exists()
    assert chores.do_all()["sessions"] == 1
    assert not Session.objects.exists()
    assert Attempt.objects.get().done == ["topic"]


def test_who_is_in_a_class_that_keeps_longer_keeps_as_long(
    klass: Class, old: Session, people: People
) -> None:
    Class.objects.update(keep_days=30)
    other = Class.objects.create(name="Other", keep_days=60)
    other.memberships.create(user=people["ada"])
    assert retention.apply() == 0
    other.keep_days = None
    other.save()
    assert retention.apply() == 0
    other.keep_days = 35
    other.save()
    assert retention.apply() == 1


def test_to_keep_less_asks_with_the_number_of_what_goes(
    klass: Class, old: Session, people: People, enter: Entry
) -> None:
    teacher, where = enter(people["teacher"]), f"/classes/{klass.pk}/settings/"
    said = {"name": "Monday", "counts": "best", "keep_days": "30"}
    page = teacher.post(where, said).content.decode()
    assert "Remove what 1 session recorded?" in page
    klass.refresh_from_db()
    assert klass.keep_days is None
    teacher.post(where, {**said, "confirm": "1"})
    klass.refresh_from_db()
    assert klass.keep_days == 30


def test_what_is_read_of_a_students_session_is_noted_once_an_hour(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    teacher, ada = enter(people["teacher"]), enter(people["ada"])
    for browser in (teacher, teacher, ada):
        assert browser.get(f"/s/{session.pk}/transcript/").status_code == 200
    entries = AuditEntry.objects.filter(session_id=session.pk, verb="read")
    assert [each.actor for each in entries] == ["teacher"]


def test_the_page_says_what_is_kept_and_for_how_long(
    klass: Class, people: People, enter: Entry
) -> None:
    Class.objects.update(keep_days=90)
    page = enter(people["ada"]).get("/me/data/").content.decode()
    assert "Monday: 90 days after a session ended" in " ".join(page.split())
    assert "only owner of Monday" in enter(people["teacher"]).get("/me/data/").content.decode()
