"""The audit is written once."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from portal.activities.models import Session, StepRun
from portal.classroom import account, audit
from portal.classroom.models import AuditEntry, Class
from portal.classroom.models.audit import AppendOnly
from portal.classroom.tests.conftest import Entry, People


@pytest.fixture
def entry(people: People) -> AuditEntry:
    audit.record(people["teacher"], "stop", detail="x")
    return AuditEntry.objects.get()


def test_no_code_changes_an_entry(entry: AuditEntry) -> None:
    for deed in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            deed()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(actor="x")


@pytest.mark.parametrize("sql", ["DELETE FROM", "UPDATE {} SET actor = 'x' --"])
def test_the_database_refuses_too(entry: AuditEntry, sql: str) -> None:
    table = AuditEntry._meta.db_table
    statement = sql.format(table) if "{}" in sql else f"{sql} {table}"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.get().actor == "teacher"


def test_it_outlives_those_it_names(entry: AuditEntry, people: People) -> None:
    people["teacher"].delete()
    assert AuditEntry.objects.get().actor == "teacher"


def test_buttons_of_a_session_are_noted(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    enter(people["ada"]).post(f"/s/{session.pk}/run/topic/")
    entry = AuditEntry.objects.get(verb="run_step")
    assert (entry.actor, entry.owner, entry.detail) == ("ada", "ada", entry.detail)
    assert entry.detail.startswith("topic refused")
    page = enter(people["ada"]).get(f"/s/{session.pk}/history/").content.decode()
    assert "Create the topic refused" in page


def test_the_history_tells_steps_by_their_titles_and_what_came_of_them(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    run = StepRun.objects.create(
        session=session, generation=1, step_id="topic", status="failed", started_at=timezone.now()
    )
    AuditEntry.objects.create(actor="ada", verb="run_step", session_id=session.pk, detail="topic")
    AuditEntry.objects.create(actor="ada", verb="new_verb", session_id=session.pk, detail="x")
    odd, told = account.of(session, AuditEntry.objects.filter(session_id=session.pk)[:2])
    assert (told.words, told.what, told.run) == ("ran", "Create the topic", run)
    assert (odd.words, odd.what, odd.run) == ("new verb", "x", None)


def test_admins_read_it_and_change_nothing(entry: AuditEntry, people: People, enter: Entry) -> None:
    browser = enter(people["boss"])
    where = "/admin/classroom/auditentry/"
    assert "stop" in browser.get(where).content.decode()
    assert browser.get(f"{where}add/").status_code == 403
    assert browser.post(f"{where}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert enter(people["teacher"]).get(where).status_code == 302
