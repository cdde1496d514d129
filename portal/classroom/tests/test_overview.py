"""The overview: what it shows, to whom, and what can be done from it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import spreadsheets
from portal.activities.models import Session
from portal.activities.services import sessions
from portal.activities.status import StepStatus
from portal.catalog import services as catalog
from portal.catalog.models import LabVersion
from portal.classroom import export, figures, overview
from portal.classroom.models import AuditEntry, Class, Hint
from portal.classroom.overview import Cell, Row
from portal.classroom.tests.conftest import Entry, People, run_of

MORE = """
  - id: more
    title: One step more
    shows_command: docker-compose exec mids true
    run: {kind: exec}
"""


def row_of(klass: Class, name: str) -> Row:
    steps = overview.steps_of(klass.lab)
    return next(row for row in overview.rows(klass, klass.lab, steps) if row.username == name)


def cell_of(klass: Class, name: str, step_id: str) -> Cell:
    return next(cell for cell in row_of(klass, name).cells if cell.step.id == step_id)


def test_the_newest_run_of_a_step_counts(klass: Class, session: Session) -> None:
    run_of(session, "topic", "failed", "no broker")
    assert cell_of(klass, "ada", "topic").state == "failed"
    run_of(session, "topic", "passed")
    cell = cell_of(klass, "ada", "topic")
    assert (cell.state, cell.tries, cell.seconds, cell.is_done) == ("passed", 2, 2.0, True)


def test_whoever_has_not_started_is_there_too(klass: Class, session: Session) -> None:
    row = row_of(klass, "bo")
    assert (row.session, row.status, row.done) == ("", "", 0)


def test_another_labs_and_an_older_clusters_runs_do_not_count(
    klass: Class, session: Session, people: People, version: LabVersion
) -> None:
    run_of(session, "topic", "passed")
    Session.objects.filter(pk=session.pk).update(generation=2)
    assert row_of(klass, "ada").done == 0
    other = type(version.lab).objects.create(name="other")
    type(version).objects.filter(pk=version.pk).update(lab=other)
    assert row_of(klass, "ada").session == ""


def test_who_is_asleep_is_told(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    where = f"/classes/{klass.pk}/"
    assert ">asleep</span>" not in enter(people["teacher"]).get(where).content.decode()
    Session.objects.update(asleep_since=session.created_at)
    assert ">asleep</span>" in enter(people["teacher"]).get(where).content.decode()


def test_two_queries_show_the_class(
    klass: Class, session: Session, people: People, django_assert_num_queries: Any
) -> None:
    run_of(session, "topic", "passed")
    steps = overview.steps_of(klass.lab)
    with django_assert_num_queries(3):
        overview.rows(klass, klass.lab, steps)


def test_students_with_the_same_error_are_a_group_and_get_one_hint(
    klass: Class, session: Session, people: People, version: LabVersion, enter: Entry
) -> None:
    other, _ = sessions.launch(people["bo"].pk, version)
    outside, _ = sessions.launch(people["stranger"].pk, version)
    for number, each in enumerate((session, other, outside)):
        run_of(each, "read", "failed", f"The record at offset {number} is not JSON")
    teacher = enter(people["teacher"])
    page = teacher.get(f"/classes/{klass.pk}/").content.decode()
    assert "2 \u00d7</b> <code>The record at offset N is not JSON" in page
    assert outside.pk not in page
    form = {"session": [session.pk, other.pk, outside.pk], "text": "Look at it", "view": "times"}
    answer = teacher.post(f"/classes/{klass.pk}/hint/", form)
    assert answer.headers["Location"] == f"/classes/{klass.pk}/?view=times"
    assert [each.hints.count() for each in (session, other, outside)] == [1, 1, 0]
    assert AuditEntry.objects.filter(verb="hint", actor="teacher").count() == 2


def test_each_view_comes_with_its_address(klass: Class, session: Session, enter: Entry) -> None:
    teacher = enter(klass.staff.get())
    for view, found in (("pipelines", "board-row"), ("times", "plot-bar"), ("", "row-ada")):
        for place in ("", "live/"):
            page = teacher.get(f"/classes/{klass.pk}/{place}", {"view": view}).content.decode()
            assert found in page
            assert ("plot-bar" in page) is (view == "times")


def test_a_steps_times_are_told_in_words(klass: Class, session: Session, people: People) -> None:
    run_of(session, "topic", "failed", "no broker")
    run_of(session, "topic", "passed")
    steps = overview.steps_of(klass.lab)
    found = figures.figures(overview.rows(klass, klass.lab, steps), steps)
    topic = next(each for each in found if each.step.id == "topic")
    told = "1 done, 2.0 tries each. Half took 2 s or less, the slowest 2 s."
    assert topic.words == f"{topic.step.title}: {told}"
    assert found[-1].words == f"{steps[-1].title}: 0 done."


WHO_MAY = 5
"""Queries of every page: the login, its user, two for their rights, and the class."""
TIMES = '"activities_steprun"."finished_at"'


@pytest.mark.parametrize(
    ("place", "queries", "has_times", "has_figures"),
    [
        ("?view=progress", 7, True, False),
        ("?view=pipelines", 9, True, False),
        ("?view=times", 7, True, True),
        ("live/?view=progress", 6, True, False),
        ("live/?view=progress&only=summary", 6, False, False),
        ("live/?view=pipelines&only=summary", 8, False, False),
        ("live/?view=times&only=summary", 6, True, True),
    ],
)
def test_a_view_asks_for_what_it_shows(
    klass: Class,
    session: Session,
    enter: Entry,
    place: str,
    queries: int,
    has_times: bool,
    has_figures: bool,
) -> None:
    """Lab, version, rows, sums, newest runs, errors; the page its labs; lights their runs, too."""
    run_of(session, "topic", "passed")
    teacher = enter(klass.staff.get())
    with CaptureQueriesContext(connection) as asked:
        answer = teacher.get(f"/classes/{klass.pk}/{place}")
    assert len(asked) == WHO_MAY + queries
    assert any(TIMES in each["sql"] for each in asked) is has_times
    assert bool(answer.context["figures"]) is has_figures
    assert answer.context["totals"].live == 1


def test_the_axis_of_times_ends_with_the_slowest(
    klass: Class, session: Session, enter: Entry
) -> None:
    """Nobody has done anything at first: then it ends nowhere."""
    page = f"/classes/{klass.pk}/?view=times"
    teacher = enter(klass.staff.get())
    assert "<span>0</span><span></span>" in teacher.get(page).content.decode()
    run_of(session, "topic", "passed")
    shown = teacher.get(page).content.decode()
    assert "<span>0</span><span>2.0</span>" in shown
    assert "Half took 2 s or less, the slowest 2 s." in shown


def test_whoever_is_in_trouble_is_in_every_views_groups(
    klass: Class, session: Session, people: People, version: LabVersion, enter: Entry
) -> None:
    other, _ = sessions.launch(people["bo"].pk, version)
    Session.objects.filter(pk=other.pk).update(status="failed", error="The disk is full")
    run_of(session, "topic", "failed", "no broker")
    teacher = enter(klass.staff.get())
    for view in ("progress", "pipelines", "times"):
        groups = teacher.get(f"/classes/{klass.pk}/", {"view": view}).context["groups"]
        assert {each.signature for each in groups} == {"no broker", "The disk is full"}
    run_of(session, "topic", "passed")
    Session.objects.filter(pk=other.pk).update(status="ready")
    for view in ("progress", "pipelines", "times"):
        assert teacher.get(f"/classes/{klass.pk}/", {"view": view}).context["groups"] == []


def test_a_column_is_headed_by_how_many_have_done_it(
    klass: Class, session: Session, enter: Entry
) -> None:
    run_of(session, "topic", "passed")
    page = enter(klass.staff.get()).get(f"/classes/{klass.pk}/").content.decode()
    index = [step.id for step in overview.steps_of(klass.lab)].index("topic")
    assert f'data-count="{index}">1<' in page
    assert f'data-count="{index + 1}">0<' in page


def test_the_page_and_the_csv_show_everybody(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    run_of(session, "topic", "passed")
    browser = enter(people["teacher"])
    page = browser.get(f"/classes/{klass.pk}/").content.decode()
    assert 'data-testid="row-ada"' in page
    assert 'data-testid="row-bo"' in page
    lines = browser.get(f"/classes/{klass.pk}/progress.csv").content.decode().splitlines()
    assert lines[1].startswith("ada,ada,")
    assert "bo,bo,,not started,0" in lines[2]


def test_the_hints_that_a_student_asked_for_are_counted(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    ada, teacher = enter(people["ada"]), enter(people["teacher"])
    page = ada.get(f"/s/{session.pk}/?step=topic").content.decode()
    assert "Show a hint" in page
    for _ in range(2):  # A double click.
        answer = ada.post(f"/s/{session.pk}/hint/topic/", {"number": "1"})
    assert answer.headers["Location"] == f"/s/{session.pk}/?step=topic"
    page = ada.get(f"/s/{session.pk}/?step=topic").content.decode()
    assert "Hint 1 of" in page
    assert "Show another hint" in page
    run_of(session, "topic", "failed")
    run_of(session, "topic", "failed")
    assert (row_of(klass, "ada").hints, row_of(klass, "bo").hints) == (1, 0)
    page = teacher.get(f"/s/{session.pk}/?step=topic").content.decode()
    assert "Asked for 1 of" in page
    assert "Show another hint" not in page
    assert teacher.post(f"/s/{session.pk}/hint/topic/", {"number": "2"}).status_code == 404
    lines = teacher.get(f"/classes/{klass.pk}/progress.csv").content.decode().splitlines()
    assert dict(zip(lines[0].split(","), lines[1].split(","), strict=True))["hints"] == "1"
    entry = AuditEntry.objects.get(verb="show_hint", detail="topic hint 1")
    assert (entry.actor, entry.session_id) == ("ada", session.pk)


def test_a_name_is_no_formula(klass: Class) -> None:
    assert spreadsheets.cell("=1+1") == "'=1+1"


def test_an_instructor_acts_on_the_own_class_only(
    klass: Class,
    session: Session,
    people: People,
    enter: Entry,
    nothing_runs: list[tuple[str, str]],
) -> None:
    where = f"/classes/{klass.pk}/act/"
    wish = {"verb": "stop", "sessions": [session.pk]}
    assert enter(people["colleague"]).post(where, wish).status_code == 404
    klass.memberships.filter(user=people["ada"]).delete()
    enter(people["teacher"]).post(where, wish)
    session.refresh_from_db()
    assert session.status == "ready"
    klass.memberships.create(user=people["ada"])
    enter(people["teacher"]).post(where, wish)
    session.refresh_from_db()
    assert (session.status, session.end_reason) == ("stopping", "by your instructor")
    assert nothing_runs == [("bring_down", session.pk)]
    entry = AuditEntry.objects.get(verb="stop")
    assert (entry.actor, entry.owner, entry.session_id) == ("teacher", "ada", session.pk)


def test_a_session_is_seen_by_its_classes_instructors_only(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    where = f"/s/{session.pk}/"
    seen = {name: enter(user).get(where).status_code for name, user in people.items()}
    assert {name for name, status in seen.items() if status == 200} == {"ada", "teacher", "boss"}
    assert set(seen.values()) == {200, 404}
    assert AuditEntry.objects.filter(verb="watch", session_id=session.pk).count() == 2


def test_an_instructor_who_is_demoted_sees_nothing(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    from portal.classroom.models import User
    from portal.classroom.roles import grant

    grant(people["teacher"], User.Role.STUDENT)
    browser = enter(people["teacher"])
    assert browser.get(f"/s/{session.pk}/").status_code == 404
    assert browser.get(f"/classes/{klass.pk}/").status_code == 404


def test_a_hint_answers_a_hand_and_stays_until_it_is_read(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    ada, teacher = enter(people["ada"]), enter(people["teacher"])
    ada.post(f"/help/{session.pk}/hand/", {"text": "which port?", "step": "topic"})
    assert row_of(klass, "ada").hand == "which port?"
    teacher.post(f"/help/{session.pk}/hint/", {"text": "<b>look at the log</b>"})
    assert row_of(klass, "ada").hand is None
    page = ada.get(f"/s/{session.pk}/").content.decode()
    assert "&lt;b&gt;look at the log" in page
    hint = Hint.objects.get()
    ada.post(f"/help/{session.pk}/hint/{hint.pk}/seen/")
    assert "look at the log" not in ada.get(f"/s/{session.pk}/live/").content.decode()


def test_nobody_else_hints_or_raises(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    for name in ("bo", "stranger", "colleague"):
        assert (
            enter(people[name]).post(f"/help/{session.pk}/hint/", {"text": "x"}).status_code == 404
        )
    assert enter(people["teacher"]).post(f"/help/{session.pk}/hand/").status_code == 404
    assert enter(people["ada"]).post(f"/help/{session.pk}/hint/", {"text": "x"}).status_code == 404


def test_a_broadcast_reaches_live_sessions(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    enter(people["teacher"]).post(f"/classes/{klass.pk}/broadcast/", {"text": "Ten minutes left"})
    assert "Ten minutes left" in enter(people["ada"]).get(f"/s/{session.pk}/").content.decode()


def run_to_good(session: Session, *steps: str) -> None:
    """Runs of these steps that a worker has carried out."""
    for step_id in steps:
        run = session.runs.create(generation=session.generation, step_id=step_id)
        assert run.move(StepStatus.RUNNING)
        assert run.move(StepStatus.PASSED)


def test_the_best_attempt_counts_whatever_came_after(
    klass: Class, session: Session, people: People, version: LabVersion, enter: Entry
) -> None:
    run_to_good(session, "prepare", "cluster", "topic")
    Session.objects.filter(pk=session.pk).update(generation=2)
    session.refresh_from_db()
    run_to_good(session, "prepare")
    row = row_of(klass, "ada")
    assert (row.done, row.points, row.best_done, row.best_points) == (1, 1, 3, 3)
    assert row.best is not None
    assert row.best.attempts == 2
    Session.objects.filter(pk=session.pk).update(status="ended")
    sessions.launch(people["ada"].pk, version)
    row = row_of(klass, "ada")
    assert (row.done, row.best_done, row.is_better_before) == (0, 3, True)
    teacher = enter(people["teacher"])
    assert (
        f"best 3/{len(version.spec.steps)}" in teacher.get(f"/classes/{klass.pk}/").content.decode()
    )
    lines = teacher.get(f"/classes/{klass.pk}/progress.csv").content.decode().splitlines()
    told = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert (told["points"], told["steps done"], told["attempts"]) == ("3", "3", "2")
    assert (told["topic"], told["read"]) == ("done", "idle")


def test_a_later_version_takes_no_points_off_who_finished_the_one_before(
    klass: Class, session: Session, version: LabVersion
) -> None:
    run_to_good(session, *(each.id for each in version.spec.steps if each.run.kind != "down"))
    row = row_of(klass, "ada")
    assert row.best is not None
    assert row.best.completed_at is not None
    more = version.source + MORE
    catalog.publish(catalog.add_version(version.lab, more, version.files))
    row = row_of(klass, "ada")
    assert row.has_finished
    assert not row.is_finished
    assert export.most_of(row, 99) == sum(each.weight for each in version.spec.steps)


def test_whoever_left_out_what_is_optional_has_finished(
    klass: Class, session: Session, version: LabVersion
) -> None:
    run_to_good(session, *(each.id for each in version.spec.steps if each.run.kind != "down"))
    more = f"{version.source}{MORE}    optional: true\n"
    catalog.publish(catalog.add_version(version.lab, more, version.files))
    assert row_of(klass, "ada").is_finished
