"""Who runs a class: appointed, removed, and never all gone."""

from portal.activities.models import Session
from portal.classroom.models import Class, Staff
from portal.classroom.tests.conftest import Entry, People


def role_of(klass: Class, name: str) -> str:
    return klass.staffing.get(user__username=name).role


def test_whoever_makes_a_class_owns_it(people: People, enter: Entry) -> None:
    enter(people["teacher"]).post("/classes/new/", {"name": "Mine"})
    assert role_of(Class.objects.get(), "teacher") == "owner"


def test_an_assistant_watches_and_helps_and_sees_no_grades_unless_given(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    """A student of another class is the assistant here: helping asks for no right elsewhere."""
    teacher, helper = enter(people["teacher"]), enter(people["stranger"])
    assert helper.get(f"/s/{session.pk}/").status_code == 404
    wish = {"user": "stranger", "role": "assistant"}
    teacher.post(f"/classes/{klass.pk}/staff/", wish)
    page = helper.get(f"/classes/{klass.pk}/").content.decode()
    assert "Export CSV" not in page
    assert "act-stop" not in page
    assert helper.get(f"/s/{session.pk}/").status_code == 200
    assert helper.get("/board/").status_code == 200
    helper.post(f"/help/{session.pk}/hint/", {"text": "look at the log"})
    assert session.hints.count() == 1
    assert helper.get(f"/classes/{klass.pk}/progress.csv").status_code == 403
    teacher.post(f"/classes/{klass.pk}/staff/", {**wish, "may_grade": "on"})
    assert helper.get(f"/classes/{klass.pk}/progress.csv").status_code == 200
    teacher.post(f"/classes/{klass.pk}/staff/{people['stranger'].pk}/remove/")
    assert helper.get(f"/s/{session.pk}/").status_code == 404
    assert helper.get(f"/classes/{klass.pk}/").status_code == 404


def test_an_instructor_appoints_assistants_and_no_instructors(
    klass: Class, people: People, enter: Entry
) -> None:
    klass.add_staff(people["colleague"])
    deputy, address = enter(people["colleague"]), f"/classes/{klass.pk}/staff/"
    assert deputy.post(address, {"user": "bo", "role": "assistant"}).status_code == 302
    assert deputy.post(address, {"user": "colleague", "role": "owner"}).status_code == 403
    assert deputy.post(address, {"user": "teacher", "role": "assistant"}).status_code == 403
    assert role_of(klass, "teacher") == "owner"
    assert deputy.post(f"{address}{people['teacher'].pk}/remove/").status_code == 403
    deputy.post(f"{address}{people['colleague'].pk}/remove/")
    assert not klass.staffing.filter(user=people["colleague"]).exists()


def test_the_last_owner_stays_until_there_is_another(
    klass: Class, people: People, enter: Entry
) -> None:
    teacher, address = enter(people["teacher"]), f"/classes/{klass.pk}/staff/"
    gone = f"{address}{people['teacher'].pk}/remove/"
    assert "Leave Monday?" in teacher.get(gone).content.decode()
    assert "only owner" in teacher.post(gone, follow=True).content.decode()
    answer = teacher.post(address, {"user": "teacher", "role": "instructor"}, follow=True)
    assert "only owner" in answer.content.decode()
    teacher.post(address, {"user": "colleague", "role": "owner"})
    teacher.post(gone)
    assert [each.user for each in klass.staffing.all()] == [people["colleague"]]


def test_only_an_instructor_runs_a_class(klass: Class, people: People, enter: Entry) -> None:
    address = f"/classes/{klass.pk}/staff/"
    for name, role in (("bo", "instructor"), ("nobody", "assistant"), ("bo", "king")):
        answer = enter(people["teacher"]).post(address, {"user": name, "role": role}, follow=True)
        assert "callout error" in answer.content.decode()
    assert klass.staffing.count() == 1


def test_an_instructor_who_was_made_a_student_runs_nothing(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    from portal.classroom.models import User
    from portal.classroom.roles import grant

    grant(people["teacher"], User.Role.STUDENT)
    teacher = enter(people["teacher"])
    assert teacher.get(f"/classes/{klass.pk}/").status_code == 404
    assert teacher.get(f"/s/{session.pk}/").status_code == 404
    assert Staff.objects.filter(user=people["teacher"]).exists()
