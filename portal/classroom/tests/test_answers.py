"""The spread of a class's answers: what was said last by each, and how often."""

from django.urls import reverse

from portal.activities.models import Session, StepRun
from portal.activities.services import sessions
from portal.catalog.models import LabVersion
from portal.classroom import answers, overview
from portal.classroom.models import Class
from portal.classroom.tests.conftest import Entry, People


def answered(session: Session, step: str, answer: object, status: str = "failed") -> None:
    StepRun.objects.create(
        session=session, generation=1, step_id=step, status=status, params={"answer": answer}
    )


def test_the_newest_answer_of_each_counts(
    klass: Class, session: Session, people: People, version: LabVersion, enter: Entry
) -> None:
    other, _ = sessions.launch(people["bo"].pk, version)
    answered(session, "predict-records", 5)
    answered(session, "predict-records", 8, "passed")
    answered(other, "predict-records", 5)
    answered(other, "predict-columns", ["event_type", "<b>Host"], "cancelled")
    steps = overview.steps_of(klass.lab)
    records, columns = answers.spread(steps, [session.pk, other.pk])
    assert (records.step.id, records.answered, records.right) == ("predict-records", 2, 1)
    assert {(each.text, each.count, each.is_right) for each in records.said} == {
        ("8", 1, True),
        ("5", 1, False),
    }
    assert [(each.text, each.is_right) for each in columns.said] == [("event_type, <b>Host", None)]
    teacher = enter(people["teacher"])
    for name in ("overview", "live"):
        page = reverse(f"classroom:{name}", args=[klass.pk]) + "?view=answers"
        shown = teacher.get(page).content.decode()
        assert "event_type, &lt;b&gt;Host" in shown
        assert "2 answered, 1 right" in shown
        assert 'data-says="1 of 2 students answered “8”: right."' in shown
    Session.objects.filter(pk=session.pk).update(generation=2)
    assert answers.spread(steps, [session.pk]) == []


def test_many_different_answers_are_counted_together(
    klass: Class, session: Session, people: People
) -> None:
    for number in range(20):
        copy = Session.objects.get(pk=session.pk)
        copy.pk = f"copy{number}"
        copy.status = "ended"
        copy.save(force_insert=True)
        answered(copy, "predict-rows", number)
    ids = list(Session.objects.values_list("pk", flat=True))
    (rows,) = answers.spread(overview.steps_of(klass.lab), ids)
    assert (rows.answered, len(rows.said), rows.others) == (20, answers.SHOWN, 8)


def test_a_class_that_has_answered_nothing_is_told_so(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    page = reverse("classroom:overview", args=[klass.pk]) + "?view=answers"
    assert "Nobody has answered a question" in enter(people["teacher"]).get(page).content.decode()
