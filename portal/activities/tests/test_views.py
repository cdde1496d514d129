"""Pages and buttons of sessions: who may use which, and what they get."""

import json
import re
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.activities import orders, streams_pages, urls
from portal.activities.models import Session, StepRun
from portal.activities.services import code, sessions, steps
from portal.activities.services.failing import as_fields
from portal.activities.tests.access import ANYBODY, OWNER, ROUTES, WATCHERS
from portal.activities.tests.conftest import Click, Person
from portal.activities.tests.host import Host
from portal.catalog.models import LabVersion
from portal.engine.errors import StepFailed
from portal.engine.runtimes.fake import Reply
from portal.runner import tasks
from portal.runner.services import runs

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"

MAY = {
    ANYBODY: {"stranger", "student", "instructor", "admin"},
    WATCHERS: {"student", "instructor", "admin"},
    OWNER: {"student"},
}
NAMES = [pattern.name for pattern in urls.urlpatterns if pattern.name in ROUTES]
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def address(name: str, session: Session) -> str:
    """A route's address for a session."""
    pattern = next(each for each in urls.urlpatterns if each.name == name)
    rows = session.file_versions if name == "code_version" else session.runs
    values: dict[str, Any] = {
        "session_id": session.pk,
        "name": session.version.lab.name,
        "step_id": "topic",
        "topic": "events",
        "stream": "log:mids",
        "pk": rows.values_list("pk", flat=True).first() or 1,
    }
    wanted = pattern.pattern.converters
    return reverse(f"activities:{name}", kwargs={key: values[key] for key in wanted})


@pytest.fixture
def cluster_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions to the cluster are answered at once."""
    monkeypatch.setattr(streams_pages, "ask", lambda *_, **__: {"records": []})


@pytest.fixture
def page(client: Client, ready: Session) -> Client:
    """The student's browser."""
    client.force_login(ready.owner)
    return client


def text_of(answer: Any) -> str:
    """An answer's page."""
    return str(answer.content.decode())


def press(page: Client, name: str, session: Session, step_id: str = "", **form: str) -> Any:
    """Press a button, as htmx does."""
    extra = {"step_id": step_id} if step_id else {}
    url = reverse(f"activities:{name}", kwargs={"session_id": session.pk, **extra})
    return page.post(url, form, headers={"HX-Request": "true"})


# Who may


def test_every_address_is_in_the_table() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} <= set(ROUTES)


@pytest.mark.usefixtures("cluster_answers")
@pytest.mark.parametrize("name", NAMES)
def test_only_those_in_the_table_may_and_only_by_its_verb(
    ready: Session, person: Person, name: str
) -> None:
    """The student comes last: what they do changes the session for the others."""
    code.save(ready, "app/game.py", "saved")
    before = ready.revision
    assert_answers(Client(), ready, name, "nobody")
    for role in ("stranger", "instructor", "admin", "student"):
        browser = Client()
        browser.force_login(ready.owner if role == "student" else person(role))  # type: ignore[arg-type]
        assert_answers(browser, ready, name, role)
        if role not in MAY[ROUTES[name][1]]:
            ready.refresh_from_db()
            assert ready.revision == before
            assert not ready.runs.filter(step_id="topic").exists()


def assert_answers(browser: Client, session: Session, name: str, role: str) -> None:
    """Every verb on an address gets the answer that somebody of that role should."""
    verb, group = ROUTES[name]
    form = f"version={session.version_id}" if name == "launch" else ""
    kind = "application/x-www-form-urlencoded"
    for each in VERBS:
        answer = browser.generic(
            each, address(name, session), form if each == "POST" else "", content_type=kind
        )
        sent_to_login = answer.get("Location", "").startswith(reverse("login"))
        if role == "nobody":
            assert sent_to_login, each
        elif each != verb:
            assert answer.status_code == 405, (role, each)
        elif role in MAY[group]:
            assert answer.status_code in (200, 302), (role, each)
            assert not sent_to_login
        else:
            assert answer.status_code == 404, (role, each)


def test_a_session_that_is_not_there_is_not_found(
    client: Client, person: Person, ready: Session
) -> None:
    client.force_login(person("admin"))  # type: ignore[arg-type]
    for name in NAMES:
        verb, group = ROUTES[name]
        url = address(name, ready).replace(ready.pk, "nosuchsess")
        assert group == ANYBODY or client.generic(verb, url).status_code == 404, name


def test_buttons_need_the_pages_own_token(ready: Session) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ready.owner)
    for name in NAMES:
        if ROUTES[name][0] == "POST":
            assert browser.post(address(name, ready)).status_code == 403, name


def test_somebody_whose_login_was_taken_away_may_nothing(page: Client, ready: Session) -> None:
    ready.owner.is_active = False
    ready.owner.save(update_fields=["is_active"])
    assert page.get(address("session", ready)).status_code == 302


# Launching


def test_a_launch_leads_to_a_session_that_is_brought_up(
    client: Client, student: AbstractUser, version: LabVersion, host: Host
) -> None:
    client.force_login(student)  # type: ignore[arg-type]
    answers = [client.post(reverse("activities:launch"), {"version": version.pk}) for _ in "ab"]
    session = Session.objects.get()
    assert {answer["Location"] for answer in answers} == {f"/s/{session.pk}/"}
    assert host.queued == [(tasks.bring_up, (session.pk,))]


@pytest.mark.parametrize(
    "version", ["", "x", "999999", "-1", "1.5", "²", "9" * 40, "9" * 5000, "1 OR 1=1"]
)
def test_a_version_that_is_none_is_not_found(
    client: Client, person: Person, host: Host, version: str
) -> None:
    client.force_login(person("student"))  # type: ignore[arg-type]
    answer = client.post(reverse("activities:launch"), {"version": version})
    assert answer.status_code == 404
    assert client.post(reverse("activities:launch")).status_code == 404


@pytest.mark.parametrize("change", [{"published_at": None}, {"retired_at": "2026-01-01T00:00Z"}])
def test_a_version_that_is_not_offered_can_not_be_launched(
    client: Client, student: AbstractUser, version: LabVersion, change: dict[str, Any]
) -> None:
    LabVersion.objects.filter(pk=version.pk).update(**change)
    client.force_login(student)  # type: ignore[arg-type]
    answer = client.post(reverse("activities:launch"), {"version": version.pk})
    assert answer.status_code == 404
    assert not Session.objects.exists()


def test_a_task_is_queued_on_the_sessions_host_once_the_row_is_there(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[tuple[Any, ...]] = []

    def send(*_: object, args: Any, queue: str) -> None:
        sent.append((args, queue))

    monkeypatch.setattr(current_app, "send_task", send)
    with django_capture_on_commit_callbacks(execute=True):
        orders.enqueue(orders.BRING_UP, session, session.pk)
        assert sent == []
    assert sent == [((session.pk,), "host.local")]


# Buttons


def test_a_click_runs_a_step_and_shows_that(page: Client, ready: Session, host: Host) -> None:
    answer = press(page, "run_step", ready, "topic")
    run = ready.runs.get(step_id="topic")
    assert host.queued == [(tasks.carry_out, (run.pk,))]
    assert 'data-step="topic" data-state="queued"' in text_of(answer)
    assert "<html" not in text_of(answer)


def test_a_double_click_runs_it_once(page: Client, ready: Session, host: Host) -> None:
    press(page, "run_step", ready, "topic")
    press(page, "run_step", ready, "topic")
    assert host.names() == ["carry_out"]


def test_without_script_a_click_leads_back_to_the_page(page: Client, ready: Session) -> None:
    answer = page.post(address("run_step", ready), follow=True)
    assert answer.redirect_chain == [(f"/s/{ready.pk}/?step=topic", 302)]
    assert 'data-state="queued"' in text_of(answer)


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {}])
def test_a_refusal_is_shown_in_words(
    page: Client, ready: Session, host: Host, headers: dict[str, str]
) -> None:
    url = reverse("activities:run_step", args=[ready.pk, "serve"])
    answer = page.post(url, follow=True, headers=headers)
    assert answer.status_code == 200
    assert "“Run the API” needs “Create the topic” first." in text_of(answer)
    assert host.queued == []


@pytest.mark.parametrize("step_id", ["none", "topic2"])
def test_a_step_that_the_lab_has_not_is_not_found(
    page: Client, ready: Session, step_id: str
) -> None:
    assert press(page, "run_step", ready, step_id).status_code == 404


@pytest.mark.parametrize(
    "form",
    [{"times": "9" * 5000}, {"command": "-1"}, {"path": "/$(x)"}, {"path": "\0"}, {"times": "²"}],
)
def test_odd_choices_are_refused_and_no_error(
    page: Client, ready: Session, do: Click, form: dict[str, str]
) -> None:
    do("topic")
    do("serve")
    answer = press(page, "run_step", ready, "call", **form)
    assert answer.status_code == 200
    assert 'data-testid="refusal"' in text_of(answer)


def test_stopping_what_waits_cancels_it(page: Client, ready: Session) -> None:
    press(page, "run_step", ready, "topic")
    answer = press(page, "stop_step", ready, "topic")
    assert ready.runs.get(step_id="topic").status == "cancelled"
    assert 'data-state="cancelled"' in text_of(answer)


def test_stopping_a_server_is_a_workers_job(
    page: Client, ready: Session, do: Click, host: Host
) -> None:
    do("topic")
    run = do("serve")
    press(page, "stop_step", ready, "serve")
    assert host.queued == [(tasks.stop_server, (run.pk,))]
    host.deliver()
    run.refresh_from_db()
    assert run.status == "passed"


@pytest.mark.parametrize("step_id", ["topic", "none"])
def test_stopping_what_does_not_run_is_success(
    page: Client, ready: Session, host: Host, step_id: str
) -> None:
    assert press(page, "stop_step", ready, step_id).status_code == 200
    assert host.queued == []


def test_cancelling_a_launch_ends_its_session(client: Client, session: Session, host: Host) -> None:
    client.force_login(session.owner)
    session.change(status="starting")
    StepRun.objects.create(session=session, generation=1, step_id="cluster", status="running")
    press(client, "stop_step", session, "cluster")
    session.refresh_from_db()
    assert session.desired == "down"


def test_run_all_runs_the_whole_lab(page: Client, ready: Session, host: Host) -> None:
    answer = press(page, "run_all", ready)
    assert 'data-autorunning="true"' in text_of(answer)
    host.deliver()
    assert ready.runs.filter(step_id="stop", status="passed").exists()


def test_a_reset_brings_a_new_cluster(page: Client, ready: Session, host: Host) -> None:
    answer = press(page, "reset", ready)
    assert 'data-status="stopping"' in text_of(answer)
    assert host.names() == ["bring_down"]
    host.deliver()
    ready.refresh_from_db()
    assert (ready.status, ready.generation) == ("ready", 2)
    press(page, "tear_down", ready)
    assert "before you reset" in text_of(press(page, "reset", ready))


def test_tearing_down_ends_the_session_for_good(page: Client, ready: Session, host: Host) -> None:
    press(page, "tear_down", ready)
    press(page, "tear_down", ready)
    assert host.names() == ["bring_down"]
    host.deliver()
    text = text_of(page.get(address("session", ready)))
    assert "This session has ended: torn down" in text
    assert "Launch the lab again" in text_of(press(page, "extend", ready))
    assert "Launch the lab again" in text_of(press(page, "run_step", ready, "topic"))


def test_a_saved_file_is_written_into_the_cluster(page: Client, ready: Session, host: Host) -> None:
    press(page, "code", ready, path="app/game.py", code="one\r\ntwo")
    host.deliver()
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"one\ntwo"
    press(page, "code", ready, path="app/game.py", action="reset")
    host.deliver()
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"print('hello')"


@pytest.mark.parametrize("path", ["notes.txt", "../x", ""])
def test_a_file_that_can_not_be_edited_is_refused_in_words(
    page: Client, ready: Session, host: Host, path: str
) -> None:
    answer = press(page, "code", ready, path=path, code="x")
    assert "can be edited in this lab" in text_of(answer)
    assert host.queued == []


# Pages


def test_opening_the_page_is_using_the_session(page: Client, ready: Session) -> None:
    before = ready.last_active_at
    page.get(address("session", ready))
    ready.refresh_from_db()
    assert ready.last_active_at > before


def test_an_instructor_who_watches_does_not_use_the_session(
    client: Client, ready: Session, person: Person
) -> None:
    client.force_login(person("instructor"))  # type: ignore[arg-type]
    before = (ready.last_active_at, ready.last_watched_at, ready.revision)
    text = text_of(client.get(address("session", ready)))
    ready.refresh_from_db()
    assert (ready.last_active_at, ready.last_watched_at, ready.revision) == before
    assert "watching student, read-only" in text
    buttons = set(re.findall(rf'(?:action|hx-post)="/s/{ready.pk}/([a-z-]+)/', text))
    assert buttons <= {"code"}  # Its text can be read there, and there is nothing to press.
    assert 'data-testid="code-save"' not in text


def test_the_list_of_sessions_shows_ones_own(
    client: Client, ready: Session, person: Person
) -> None:
    other, _ = sessions.launch(person("stranger").pk, ready.version)
    client.force_login(ready.owner)
    text = text_of(client.get(reverse("activities:mine")))
    assert ready.pk in text
    assert other.pk not in text
    assert "less than a minute" in text
    assert "0\xa0minutes" not in text
    client.force_login(person("instructor"))  # type: ignore[arg-type]
    text = text_of(client.get(reverse("activities:mine")))
    assert ready.pk in text
    assert other.pk in text


@pytest.mark.parametrize("query", ["?step=none", "?tab=none", "?step=%00", "?tab=log&step=serve"])
def test_any_address_of_a_page_shows_one(page: Client, ready: Session, query: str) -> None:
    assert page.get(address("session", ready) + query).status_code == 200
    assert page.get(address("live", ready) + query).status_code == 200


@pytest.mark.parametrize("status", ["queued", "starting", "ready", "stopping", "failed", "ended"])
def test_a_page_can_be_shown_in_every_status(
    page: Client, ready: Session, do: Click, status: str
) -> None:
    do("topic")
    do("serve")
    Session.objects.filter(pk=ready.pk).update(status=status, error="Why.", error_part="lab")
    text = text_of(page.get(address("session", ready)))
    assert f'data-status="{status}"' in text
    assert "Why." in text


def test_every_step_can_be_shown(page: Client, ready: Session) -> None:
    for step in ready.spec.steps:
        text = text_of(page.get(address("live", ready), {"step": step.id}))
        assert f'data-step="{step.id}" data-state=' in text
        assert step.title in text


@pytest.mark.parametrize(
    "status", ["queued", "running", "serving", "passed", "failed", "cancelled"]
)
def test_a_step_can_be_shown_in_every_status(
    page: Client, ready: Session, click: Click, status: str
) -> None:
    run = click("topic")
    StepRun.objects.filter(pk=run.pk).update(status=status)
    text = text_of(page.get(address("session", ready), {"step": "topic"}))
    assert f'data-step="topic" data-state="{status}"' in text


def test_a_failure_says_what_whose_part_and_what_to_do(
    page: Client, ready: Session, do: Click, host: Host
) -> None:
    host.replies["kafka-topics"] = Reply(status=1)
    do("topic")
    text = text_of(page.get(address("session", ready), {"step": "topic"}))
    assert "The command ended with exit status 1." in text
    # The lab's own command is nobody's code.
    assert "your code" not in text
    assert "not known" in text
    assert "Read the output, mend what it names" in text
    assert "Show a hint" in text


def test_hostile_output_and_errors_are_shown_as_text(
    page: Client, ready: Session, do: Click, host: Host
) -> None:
    host.replies["kafka-topics"] = Reply(stdout=HOSTILE.encode(), status=1)
    run = do("topic")
    error = as_fields(StepFailed(HOSTILE, advice=HOSTILE))
    StepRun.objects.filter(pk=run.pk).update(**error)
    Session.objects.filter(pk=ready.pk).update(status="failed", end_reason=HOSTILE[:20], **error)
    sessions.save_file(ready, "app/game.py", f"</textarea>{HOSTILE}")
    get_user(ready, f"{HOSTILE[:60]}")
    for name in ("session", "live"):
        answer = page.get(address(name, ready), {"step": "topic"})
        assert_escaped(text_of(answer))
    assert_escaped(text_of(page.get(reverse("activities:mine"))))


def get_user(session: Session, name: str) -> None:
    """Give the student a hostile name, as a directory might."""
    session.owner.username = name
    session.owner.save(update_fields=["username"])


def assert_escaped(text: str) -> None:
    """What others wrote is text."""
    assert "<script>alert" not in text
    assert not re.search(r"<img[^>]*onerror", text)
    assert "</textarea>&lt;" not in text


def test_hostile_choices_come_back_as_text(page: Client, ready: Session, do: Click) -> None:
    do("topic")
    press(page, "run_step", ready, "extract", code=f"</textarea>{HOSTILE}")
    runs.carry_out(ready.runs.get(step_id="extract").pk)
    text = text_of(page.get(address("session", ready), {"step": "extract"}))
    assert_escaped(text)
    assert "&lt;/textarea&gt;" in text
    refused = press(page, "code", ready, path=HOSTILE, code="x")
    assert_escaped(text_of(refused))
    assert "&lt;script&gt;" in text_of(refused)


def test_nothing_on_the_page_is_inline_script_or_style(page: Client, ready: Session) -> None:
    answer = page.get(address("session", ready))
    text = text_of(answer)
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son\w+=|\sstyle=", text)


@pytest.mark.parametrize("path", ["/", "/login/", "/s/nobodys/", "/healthz"])
def test_every_answer_has_the_strict_policy(page: Client, path: str) -> None:
    header = page.get(path)["Content-Security-Policy"]
    assert sorted(header.split("; ")) == [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "object-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
    ]


def test_a_page_costs_a_bounded_number_of_queries(
    page: Client, ready: Session, do: Click, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        do("topic")
    with django_assert_max_num_queries(27):
        page.get(address("session", ready))


def test_run_all_can_not_be_started_without_a_cluster(
    client: Client, session: Session, host: Host
) -> None:
    client.force_login(session.owner)
    assert "waits for a free place" in text_of(press(client, "run_all", session))
    assert host.queued == []
    with pytest.raises(Exception, match="waits"):
        steps.run_all(session)


# Calls that a student makes up, and what mends them


def serve(do: Click, *rules: str) -> StepRun:
    """A server that serves, with such routes."""
    do("topic")
    run = do("serve")
    routes = [{"rule": each, "methods": ["GET"]} for each in rules]
    StepRun.objects.filter(pk=run.pk).update(evidence={"routes": routes})
    return run


def see(page: Client, session: Session, step_id: str) -> str:
    """A step's page."""
    return text_of(page.get(reverse("activities:live", args=[session.pk]), {"step": step_id}))


def test_the_servers_own_routes_are_buttons_and_what_it_lacks_is_marked(
    page: Client, ready: Session, do: Click
) -> None:
    serve(do, "/", "/axe/<kind>")
    text = see(page, ready, "call")
    assert 'data-testid="call-missing-1"' in text
    assert 'data-testid="call-missing-0"' not in text
    assert "<mark>&lt;kind&gt;</mark>" in text
    assert 'data-testid="route-call-0"' in text
    assert 'data-testid="route-call-1"' not in text


def test_a_call_that_is_made_up_is_shown_as_what_runs(
    page: Client, ready: Session, do: Click
) -> None:
    serve(do, "/")
    form = {"path": "/a", "method": "PUT", "body_kind": "json", "body": "{'it': 1}"}
    said = press(page, "typed", ready, "call", **form).json()
    assert said["notes"] == ["This is not JSON: it is sent as it is."]
    press(page, "run_step", ready, "call", **form)
    assert ready.runs.get(step_id="call").params["commands"] == [said["line"]]
    assert "PUT /a" in see(page, ready, "call")
    refused = press(page, "typed", ready, "call", path="/a", headers="what").json()
    assert "is no header" in refused["refusal"]


def test_presets_are_the_last_different_calls(page: Client, ready: Session, do: Click) -> None:
    serve(do, "/")
    for number in (1, 2, 2, *range(3, 13)):
        do("call", path=f"/n/{number}")
    text = see(page, ready, "call")
    paths = re.findall(r'id="preset[^>]*data-path="([^"]+)"', text)
    assert paths == [f"/n/{number}" for number in range(12, 2, -1)]


def test_replies_stay_beside_the_button(page: Client, ready: Session, do: Click) -> None:
    serve(do, "/")
    run = do("call", command="0")
    reply = {
        "command": "curl",
        "method": "GET",
        "path": "/",
        "status": 404,
        "seconds": 0.1,
        "headers": {"Server": HOSTILE},
        "body": HOSTILE,
        "port": 1,
        "exit_status": 0,
    }
    StepRun.objects.filter(pk=run.pk).update(evidence={"replies": [reply, reply]})
    do("topic")
    text = see(page, ready, "call")
    assert "404 Not Found" in text
    assert "2 replies" in text
    assert HOSTILE not in text
    assert 'data-testid="earlier"' not in text
    do("call", command="0")
    text = see(page, ready, "call")
    assert "to the calls before" in text
    assert 'data-testid="earlier"' in text


def fail(run: StepRun, cause: str) -> None:
    """Have a run failed by a cause."""
    StepRun.objects.filter(pk=run.pk).update(status="failed", error_details={"cause": cause})


def test_a_call_that_found_nobody_offers_the_servers_step(
    page: Client, ready: Session, do: Click
) -> None:
    server = serve(do, "/")
    fail(do("call", command="0"), "nothing-listens")
    StepRun.objects.filter(pk=server.pk).update(status="failed")
    text = see(page, ready, "call")
    assert "Run “Run the API”" in text


def test_a_server_older_than_what_was_saved_is_started_again_by_a_click(
    page: Client, ready: Session, do: Click, host: Host
) -> None:
    runs_it = ready.version.source.replace("mids flask run\n", "mids flask --app app/game.py run\n")
    LabVersion.objects.filter(pk=ready.version.pk).update(source=runs_it)
    ready.version.refresh_from_db()
    server = serve(do, "/")
    fail(do("call", command="1"), "no-such-route")
    assert 'data-testid="mend"' not in see(page, ready, "call")

    text = text_of(press(page, "code", ready, path="app/game.py", code="print('more')"))
    assert "from before you saved" in see(page, ready, "call"), text
    host.deliver()
    press(page, "run_step", ready, "serve", action="restart")
    server.refresh_from_db()
    assert server.status == "passed"
    host.deliver()
    newest = ready.runs.filter(step_id="serve").order_by("-pk").first()
    assert newest is not None
    assert (newest.pk > server.pk, newest.status) == (True, "serving")
    assert 'data-testid="mended"' in see(page, ready, "call")


def test_saving_tells_a_mistake_by_its_line_and_can_start_the_server(
    page: Client, ready: Session, do: Click, host: Host
) -> None:
    runs_it = ready.version.source.replace("mids flask run\n", "mids flask --app app/game.py run\n")
    LabVersion.objects.filter(pk=ready.version.pk).update(source=runs_it)
    ready.version.refresh_from_db()
    first = serve(do, "/")
    answer = press(page, "code", ready, path="app/game.py", code="x = 1\nif x\n")
    told = json.loads(answer.headers["HX-Trigger"])["code:saved"]
    assert told == {"path": "app/game.py", "line": 2, "said": "expected ':'"}
    pasted = ">>> x = \u201c1\u201d\r\n>>> y = 2\r\n"
    answer = press(page, "code", ready, path="app/game.py", code=pasted)
    told = json.loads(answer.headers["HX-Trigger"])["code:saved"]
    assert told == {"path": "app/game.py", "changes": "curly quotes, prompts"}
    assert ready.files.get(path="app/game.py").content == 'x = "1"\ny = 2\n'
    answer = press(page, "code", ready, path="app/game.py", code="x = 2\n", action="restart")
    assert json.loads(answer.headers["HX-Trigger"])["code:saved"] == {"path": "app/game.py"}
    assert host.names() == ["put_files", "put_files", "put_files", "carry_out"]
    host.deliver()
    first.refresh_from_db()
    assert first.status == "passed"
    assert [each.status for each in ready.runs.filter(step_id="serve")] == ["passed", "serving"]
    assert host.runtime.clusters[ready.pk].files["app/game.py"] == b"x = 2\n"


def test_a_students_own_command_is_said_to_be_theirs(
    page: Client, ready: Session, do: Click
) -> None:
    assert 'data-testid="own-command"' not in see(page, ready, "topic")
    do("topic", command_line="docker-compose exec mids ls /w205")
    text = see(page, ready, "topic")
    assert "Your own command ran last" in text
    assert text.count("docker-compose exec mids ls /w205") == 2
