"""A student's texts are versions, and the lines of a selection are only tried."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.activities.models import Session
from portal.activities.pages import StepView
from portal.activities.services import code, failing, steps
from portal.engine.errors import Details, StepFailed
from tests.rows import make_run, make_session, make_user

pytestmark = pytest.mark.django_db
PATH = "flask-with-kafka-and-spark/game_api_with_json_events.py"


@pytest.fixture
def session() -> Session:
    session = make_session()
    Session.objects.filter(pk=session.pk).update(status="ready")
    session.refresh_from_db()
    return session


def test_what_is_saved_twice_is_one_version(session: Session) -> None:
    for text in ("one", "two", "two", "one"):
        code.save(session, PATH, text)
    saved = code.versions_of(session)[PATH]
    assert [each.content for each in saved] == ["one", "two", "one"]


def test_the_newest_of_many_versions_are_kept(session: Session) -> None:
    for number in range(code.KEPT + 2):
        code.save(session, PATH, str(number))
    saved = code.versions_of(session)[PATH]
    assert (len(saved), saved[0].content) == (code.KEPT, str(code.KEPT + 1))


def test_going_back_to_the_original_is_a_version_of_what_was_edited(session: Session) -> None:
    code.reset(session, PATH)
    assert code.versions_of(session) == {}
    code.save(session, PATH, "edited")
    code.reset(session, PATH)
    newest = code.versions_of(session)[PATH][0]
    assert newest.content == session.version.file_contents()[PATH].decode()
    assert not session.files.exists()


def test_a_version_is_text_for_those_who_may_see_the_session(
    session: Session, client: Client
) -> None:
    code.save(session, PATH, "<b>mine</b>")
    version = session.file_versions.get()
    url = reverse("activities:code_version", args=[session.pk, version.pk])
    client.force_login(make_user())
    assert client.get(url).status_code == 404
    client.force_login(session.owner)
    answer = client.get(url)
    assert (answer.content, answer["Content-Type"]) == (
        b"<b>mine</b>",
        "text/plain; charset=utf-8",
    )
    listed = client.get(
        reverse("activities:code_versions", args=[session.pk]), {"path": PATH}
    ).content.decode()
    assert listed.count("<option") == 2
    assert url in listed


def test_a_steps_own_lines_run_until_the_student_goes_back(session: Session) -> None:
    make_run(session, "call")
    step = session.spec.step("extract")
    path = code.lines_path(step)

    def run(**chosen: str) -> dict[str, Any]:
        found, _ = steps.request(session, step, chosen)
        assert found.withdraw()
        params: dict[str, Any] = found.params
        return params

    assert run() == {}
    assert run(code=step.shows_command) == {"code": step.shows_command}
    assert code.versions_of(session) == {}
    steps.save_lines(session, step, {"code": "one\r\n"})
    assert run() == {"code": "one\n"}
    assert run(code="two") == {"code": "two"}
    assert run(code="two\nthree", selection="three")["selection"] == "three"
    assert code.own_lines(session) == {path: "two\nthree"}
    steps.save_lines(session, step, {"action": "reset", "code": "two\nthree"})
    assert run() == {}
    saved = [each.content for each in code.versions_of(session)[path]]
    assert saved == [step.shows_command, "two\nthree", "two", "one\n"]


def test_lines_are_saved_from_the_page_and_are_no_file(session: Session, client: Client) -> None:
    client.force_login(session.owner)
    page = reverse("activities:session", args=[session.pk])
    url = reverse("activities:code", args=[session.pk])
    client.post(url, {"path": "pyspark:extract", "code": "print('mine')"})
    assert not session.files.exists()
    shown = client.get(page, {"step": "extract", "tab": "code"}).content.decode()
    assert "print(&#x27;mine&#x27;)</textarea>" in shown
    assert 'data-testid="own-lines"' in shown
    for path, text in (("pyspark:call", "x"), ("pyspark:extract", "\0"), ("pyspark:nowhere", "x")):
        answer = client.post(url, {"path": path, "code": text}, headers={"HX-Request": "true"})
        assert 'data-testid="refusal"' in answer.content.decode()
    assert code.own_lines(session) == {"pyspark:extract": "print('mine')"}


def test_a_selection_is_tried_and_undoes_no_step_that_was_done(session: Session) -> None:
    make_run(session, "call")
    spec = session.spec.step("extract")
    run, _ = steps.request(session, spec, {"code": "x = 1\nx", "selection": "\nx"})
    assert run.params == {"code": "x = 1\nx", "selection": "\nx", "has_passed": False}
    run.withdraw()
    make_run(session, "extract")
    again, _ = steps.request(session, spec, {"selection": "x"})
    assert again.params["has_passed"] is True


@pytest.mark.parametrize(
    ("details", "line"), [(Details(line=7), 7), (Details(topic="(line 7 of your code)"), 0)]
)
def test_the_editor_marks_the_line_of_an_error(
    session: Session, details: Details, line: int
) -> None:
    run = make_run(session, "extract")
    run.error_details = failing.as_fields(StepFailed("…", details=details))["error_details"]
    assert StepView(9, run.spec, run, (), True, True).error_line == line
