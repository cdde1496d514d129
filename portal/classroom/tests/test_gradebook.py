"""What counts of whom: attempts, deadlines, versions, and an instructor's own word."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from portal.activities.models import Attempt
from portal.catalog.models import LabVersion
from portal.classroom import gradebook, lms
from portal.classroom.models import Assignment, Class, Extension, Grade, User
from portal.classroom.services import grading
from portal.classroom.tests.conftest import Entry, People

NOW = timezone.now()


@pytest.fixture
def given(klass: Class, version: LabVersion) -> Assignment:
    """Week 10 as the class does it: worth 10 points."""
    made: Assignment = klass.assignments.create(lab=version.lab, points=Decimal(10))
    return made


def attempt(
    user: User, given: Assignment, weights: dict[str, int], done: dict[str, datetime]
) -> Attempt:
    """What somebody did, and when."""
    points, of = sum(weights[each] for each in done), sum(weights.values())
    made: Attempt = Attempt.objects.create(
        owner=user,
        lab=given.lab,
        generation=1,
        weights=weights,
        done=list(done),
        done_at={step: at.isoformat() for step, at in done.items()},
        steps=len(weights),
        points=points,
        points_of=of,
        share=points / of,
        completed_at=max(done.values()) if points == of else None,
    )
    return made


def score(klass: Class, user: User) -> gradebook.Score:
    """Somebody's in the only lab."""
    return gradebook.book_of(klass, [user.pk]).lines[0].scores[0]


FOUR = {"prepare": 1, "topic": 1, "serve": 1, "read": 1}


@pytest.mark.parametrize(("counts", "points"), [("best", "7.5"), ("last", "5"), ("first", "2.5")])
def test_the_class_says_which_attempt_counts(
    klass: Class, given: Assignment, people: People, counts: str, points: str
) -> None:
    Class.objects.filter(pk=klass.pk).update(counts=counts)
    klass.refresh_from_db()
    for steps in (["topic"], ["topic", "serve", "read"], ["topic", "read"]):
        attempt(people["ada"], given, FOUR, dict.fromkeys(steps, NOW))
    attempt(people["ada"], given, FOUR, {"prepare": NOW})  # Only launched: no attempt at it.
    found = score(klass, people["ada"])
    assert found.points == Decimal(points)
    assert len(found.attempts) == 4
    assert score(klass, people["bo"]).points is None


def test_a_version_with_more_steps_takes_nothing_off_who_finished_the_one_before(
    klass: Class, given: Assignment, people: People
) -> None:
    attempt(people["ada"], given, FOUR, dict.fromkeys(FOUR, NOW))
    attempt(people["bo"], given, {**FOUR, "more": 4}, dict.fromkeys(FOUR, NOW))
    assert score(klass, people["ada"]).points == 10
    assert score(klass, people["bo"]).points == 5


def test_each_step_counts_by_when_it_passed_and_the_best_is_best_after_that(
    klass: Class, given: Assignment, people: People
) -> None:
    """Three of four in time, or all of them a day late with half off: in time is more."""
    given.due_at, given.late_percent = NOW - timedelta(hours=1), 50
    given.save()
    early, late = NOW - timedelta(hours=2), NOW
    attempt(people["ada"], given, FOUR, dict.fromkeys(["prepare", "topic", "serve"], early))
    attempt(people["ada"], given, FOUR, dict.fromkeys(FOUR, late))
    found = score(klass, people["ada"])
    assert found.points == Decimal("7.5")
    assert found.days_late == 0
    assert found.completed_at == late
    attempt(people["bo"], given, FOUR, {**dict.fromkeys(["prepare", "topic"], early), "read": late})
    found = score(klass, people["bo"])
    assert found.points == Decimal("6.25")
    assert found.days_late == 1
    assert [(each.id, each.share) for each in found.steps] == [
        ("prepare", 1),
        ("topic", 1),
        ("serve", 0),
        ("read", Decimal("0.5")),
    ]


def test_an_extension_is_for_one_and_a_multiplier_for_its_student(
    klass: Class, given: Assignment, people: People
) -> None:
    given.due_at, given.late_percent = NOW - timedelta(days=2), 20
    given.given_at = NOW - timedelta(days=12)
    given.save()
    for name in ("ada", "bo"):
        attempt(people[name], given, FOUR, dict.fromkeys(FOUR, NOW))
    assert score(klass, people["ada"]).points == 6
    Extension.objects.create(
        assignment=given, user=people["ada"], due_at=NOW + timedelta(minutes=1)
    )
    assert score(klass, people["ada"]).points == 10
    assert score(klass, people["bo"]).points == 6
    klass.memberships.filter(user=people["bo"]).update(time_multiplier=Decimal("1.5"))
    assert score(klass, people["bo"]).points == 10


def test_an_override_counts_whatever_comes_and_goes_when_it_is_cleared(
    klass: Class, given: Assignment, people: People
) -> None:
    attempt(people["ada"], given, FOUR, dict.fromkeys(["topic"], NOW))
    said = {"reason": "oral exam", "comment": "Well explained."}
    made = grading.grade(
        given, people["ada"], people["teacher"], revision=0, points=Decimal(9), **said
    )
    assert score(klass, people["ada"]).points == 9
    grading.grade(
        given, people["ada"], people["teacher"], revision=made.revision, points=None, **said
    )
    found = score(klass, people["ada"])
    assert found.points == Decimal("2.5")
    assert found.grade is not None
    assert (found.grade.comment, found.grade.reason) == ("Well explained.", "")


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_tabs_that_grade_at_once_the_second_is_told(
    klass: Class, given: Assignment, people: People, enter: Entry, first: int
) -> None:
    """Whether there was a grade before or not."""
    address = f"/classes/{klass.pk}/grades/{given.pk}/{people['ada'].pk}/"
    teacher = enter(people["teacher"])
    said = {"points": "7", "reason": "seen", "comment": ""}
    if first:
        teacher.post(address, {**said, "points": "5", "revision": "0"})
    assert teacher.post(address, {**said, "revision": str(first)}).status_code == 302
    answer = teacher.post(address, {**said, "points": "3", "revision": str(first)})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "teacher has graded this meanwhile, with 7.00 points" in page
    assert 'value="3"' in page
    assert Grade.objects.get().points == 7
    revision = str(first + 1)
    assert teacher.post(address, {**said, "points": "3", "revision": revision}).status_code == 302
    assert Grade.objects.get().points == 3


def test_nobody_grades_themselves_and_an_override_needs_a_reason(
    klass: Class, given: Assignment, people: People, enter: Entry
) -> None:
    klass.memberships.create(user=people["teacher"])
    teacher = enter(people["teacher"])
    own = f"/classes/{klass.pk}/grades/{given.pk}/{people['teacher'].pk}/"
    assert teacher.post(own, {"points": "9", "reason": "me", "revision": "0"}).status_code == 403
    address = f"/classes/{klass.pk}/grades/{given.pk}/{people['ada'].pk}/"
    answer = teacher.post(address, {"points": "9", "revision": "0"})
    assert "Say why" in answer.content.decode()
    assert not Grade.objects.exists()


def test_the_book_shows_all_and_each_student_their_own(
    klass: Class, given: Assignment, people: People, enter: Entry
) -> None:
    attempt(people["ada"], given, FOUR, dict.fromkeys(["topic"], NOW))
    grading.grade(
        given,
        people["bo"],
        people["teacher"],
        revision=0,
        points=Decimal("8.5"),
        reason="told me",
        comment="Well <b>done</b>",
    )
    page = enter(people["teacher"]).get(f"/classes/{klass.pk}/grades/").content.decode()
    assert "2.5" in page
    assert "8.5" in page
    own = enter(people["bo"]).get("/grades/").content.decode()
    assert "<b>8.5</b>" in own
    assert "Well &lt;b&gt;done&lt;/b&gt;" in own
    assert "told me" not in own
    assert "<b>8.5</b>" not in enter(people["ada"]).get("/grades/").content.decode()
    assert "<b>8.5</b>" not in enter(people["stranger"]).get("/grades/").content.decode()


def table(text: str) -> list[list[str]]:
    """A file as a program reads it."""
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_canvas_gets_its_own_columns_back_and_the_points(
    klass: Class, given: Assignment, people: People
) -> None:
    attempt(people["ada"], given, FOUR, dict.fromkeys(["topic"], NOW))
    known = {
        "student": "Lovelace, Ada",
        "id": "4711",
        "sis_user_id": "U-0815",
        "sis_login_id": "ada@uni.example",
        "section": "Monday and Tuesday",
    }
    klass.memberships.filter(user=people["ada"]).update(lms={"canvas": known})
    Assignment.objects.update(lms_column="Week 10 (99)")
    rows = table(lms.as_csv(gradebook.book_of(klass), "canvas"))
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Week 10 (99)"],
        ["Points Possible", "", "", "", "", "10"],
        ["Lovelace, Ada", "4711", "U-0815", "ada@uni.example", "Monday and Tuesday", "2.5"],
        ["bo", "", "", "bo", "", ""],
    ]


def test_what_people_write_is_no_formula_and_what_systems_know_them_by_stays(
    klass: Class, given: Assignment, people: People
) -> None:
    User.objects.filter(pk=people["ada"].pk).update(last_name="=cmd|' /C calc'!A0")
    known = {"id": "=1+1", "sis_user_id": "-77", "sis_login_id": "+ada@uni.example"}
    klass.memberships.filter(user=people["ada"]).update(lms={"canvas": known})
    Grade.objects.create(assignment=given, user=people["ada"], comment='=HYPERLINK("x")')
    row = table(lms.as_csv(gradebook.book_of(klass, [people["ada"].pk]), "canvas"))[2]
    assert row[:4] == ["'=cmd|' /C calc'!A0", "'=1+1", "-77", "+ada@uni.example"]
    for form in ("csv", "moodle"):
        assert "'=HYPERLINK" in lms.as_csv(gradebook.book_of(klass), form)


def test_a_book_of_sixty_by_nine_asks_few_questions(
    klass: Class, given: Assignment, people: People, django_assert_max_num_queries: object
) -> None:
    users = User.objects.bulk_create(User(username=f"s{n:02}") for n in range(60))
    klass.memberships.bulk_create(klass.memberships.model(klass=klass, user=each) for each in users)
    for user in users[:20]:
        attempt(user, given, FOUR, dict.fromkeys(["topic"], NOW))
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        book = gradebook.book_of(klass)
    assert len(book.lines) == 62
    assert book.averages() == [Decimal("2.5")]


def test_each_step_and_question_has_points_of_its_own(
    klass: Class, given: Assignment, people: People, enter: Entry
) -> None:
    """Half of a question that was answered a day late; the lab's points are those of its parts."""
    spec = gradebook.columns_of(klass)[0].spec
    assert spec is not None
    question = next(each.id for each in spec.steps if gradebook.is_question(each))
    given.due_at, given.late_percent = NOW - timedelta(hours=1), 50
    given.save()
    done = {"topic": NOW - timedelta(hours=2), question: NOW}
    attempt(people["ada"], given, {"topic": 1, question: 3, "more": 1}, done)
    found = {each.id: each for each in score(klass, people["ada"]).steps}
    assert {name: (each.points, each.is_question) for name, each in found.items()} == {
        "topic": (Decimal(2), False),
        question: (Decimal(3), True),
        "more": (Decimal(0), False),
    }
    browser = enter(people["teacher"])
    page = browser.get(f"/classes/{klass.pk}/grades/{given.pk}/{people['ada'].pk}/")
    assert "question" in page.content.decode()
    answer = browser.get(f"/classes/{klass.pk}/grades/steps.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    told = {row["step"]: (row["kind"], row["points"], row["of"]) for row in rows}
    assert told[question] == ("question", "3", "6")
    assert told["topic"] == ("step", "2", "2")
