"""A class at the end of its term; and what others see of labs is in the audit, whoever did it."""

from datetime import UTC, datetime, timedelta

from django.core.management import call_command
from django.utils import timezone

from portal.catalog.models import LabVersion
from portal.classroom import chores
from portal.classroom.models import Assignment, AuditEntry, Class, Staff
from portal.classroom.services import joining, terms
from portal.classroom.tests.conftest import Entry, People


def test_an_archived_class_is_looked_at_and_leads_nowhere(
    klass: Class, people: People, enter: Entry
) -> None:
    code = joining.make_code(klass, hours=1)
    teacher = enter(people["teacher"])
    teacher.post(f"/classes/{klass.pk}/archive/")
    assert "is archived since" in teacher.get(f"/classes/{klass.pk}/settings/").content.decode()
    assert teacher.get(f"/classes/{klass.pk}/grades/").status_code == 200
    answer = enter(people["stranger"]).post("/join/", {"code": code.code})
    assert "does not work" in answer.content.decode()
    teacher.post(f"/classes/{klass.pk}/archive/", {"back": "1"})
    klass.refresh_from_db()
    assert klass.archived_at is None


def test_a_copy_has_labs_and_sections_and_nobody_and_the_same_hours_on_other_days(
    klass: Class, version: LabVersion, people: People, enter: Entry
) -> None:
    """From summer to winter: the deadline stays at 23:59, though an hour of UTC lies between."""
    Class.objects.update(time_zone="Europe/Paris", counts="last")
    klass.sections.create(name="Tuesday")
    klass.add_staff(people["colleague"], Staff.Role.ASSISTANT)
    due = datetime(2026, 10, 20, 21, 59, tzinfo=UTC)
    klass.assignments.create(lab=version.lab, due_at=due, late_percent=20)
    said = {"name": "Next", "days": "14", "has_staff": "on"}
    enter(people["teacher"]).post(f"/classes/{klass.pk}/copy/", said)
    made = Class.objects.get(name="Next")
    given = made.assignments.get()
    assert given.due_at == datetime(2026, 11, 3, 22, 59, tzinfo=UTC)
    assert (given.late_percent, made.counts) == (20, "last")
    assert [each.name for each in made.sections.all()] == ["Tuesday"]
    assert {each.user.username: each.role for each in made.staffing.all()} == {
        "teacher": "owner",
        "colleague": "assistant",
    }
    assert not made.memberships.exists()
    enter(people["teacher"]).post(f"/classes/{klass.pk}/copy/", {"name": "Bare"})
    assert Assignment.objects.get(klass__name="Bare").due_at is None


def test_a_deletion_asks_for_the_name_and_can_be_taken_back_for_a_day(
    klass: Class, people: People, enter: Entry
) -> None:
    teacher, where = enter(people["teacher"]), f"/classes/{klass.pk}/delete/"
    assert "2 students, 0 grades" in teacher.get(where).content.decode()
    assert "not its name" in teacher.post(where, {"name": "Tuesday"}).content.decode()
    teacher.post(where, {"name": "Monday"})
    chores.do_all()
    assert "Keep it after all" in teacher.get(f"/classes/{klass.pk}/settings/").content.decode()
    teacher.post(f"/classes/{klass.pk}/archive/", {"back": "1"})
    klass.refresh_from_db()
    assert klass.delete_at is None
    terms.delete(klass)
    Class.objects.update(delete_at=timezone.now() - timedelta(seconds=1))
    chores.do_all()
    assert not Class.objects.exists()
    assert AuditEntry.objects.filter(verb="delete class", detail="Monday").exists()


def test_whoever_changes_what_others_see_of_a_lab_is_in_the_audit(
    people: People, version: LabVersion, enter: Entry
) -> None:
    boss, where = enter(people["boss"]), f"/admin/catalog/labversion/{version.pk}/"
    boss.post(f"{where}do/retire/")
    boss.post(f"{where}do/publish/")
    boss.get(f"{where}export/")
    boss.post(f"{where}copy/")
    boss.post("/admin/catalog/labversion/", {"action": "retire", "_selected_action": [version.pk]})
    draft = LabVersion.objects.get(number=2)
    boss.post(f"/admin/catalog/labversion/{draft.pk}/delete/", {"post": "yes"})
    told = AuditEntry.objects.filter(actor="boss").order_by("pk").values_list("verb", "detail")
    one, two = "week10 version 1", "week10 version 2"
    assert [(verb, detail) for verb, detail in told if verb != "admin delete"] == [
        ("retire", one),
        ("publish", one),
        ("export lab", one),
        ("copy lab", two),
        ("retire", one),
    ]
    assert two in AuditEntry.objects.get(verb="admin delete").detail


def test_people_who_are_deleted_many_at_once_are_entries_each(people: People, enter: Entry) -> None:
    chosen = [people["bo"].pk, people["stranger"].pk]
    said = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    enter(people["boss"]).post("/admin/classroom/user/", said)
    told = AuditEntry.objects.filter(verb="admin delete").values_list("detail", flat=True)
    assert set(told) == {"user bo", "user stranger"}


def test_labs_that_a_command_loads_are_the_portals_deed(version: LabVersion) -> None:
    LabVersion.objects.all().delete()
    version.lab.loaded_digest = ""
    version.lab.save()
    call_command("load_labs", "labs/week10")
    entry = AuditEntry.objects.get(verb="load lab")
    assert (entry.actor, entry.detail) == ("the portal", "week10 version 1")
