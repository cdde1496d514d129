"""What people want of a step: what is queued for it, and what is refused."""

import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.activities import orders
from portal.activities.models import Session, StepRun
from portal.activities.services import steps
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.activities.tests.conftest import Click
from portal.activities.tests.host import Host
from portal.engine.kinds.call import Call
from portal.engine.kinds.chosen import TEXT_LIMIT
from portal.engine.lab.command import Command
from portal.engine.lab.parse import parse_lab
from portal.engine.runtimes.fake import Reply
from portal.runner.services import clusters, runs

LOOK = "docker-compose exec mids curl http://localhost:5000/"
BUY = "docker-compose exec mids curl http://localhost:5000/purchase_a_sword"


@pytest.fixture
def calling(session: Session) -> Call:
    """The small lab's call step."""
    call = session.spec.step("call").run
    assert isinstance(call, Call)
    return call


def make_call(free_path: bool = True) -> Call:
    """Two buttons, without a lab around them."""
    buttons = [{"label": "Look", "command": LOOK}, {"label": "Buy", "command": BUY}]
    return Call.model_validate(
        {"kind": "call", "times": 4, "buttons": buttons, "free_path": free_path}
    )


def calls_of(call: Call, chosen: dict[str, str]) -> list[str]:
    """The command lines that a click stands for."""
    lines: list[str] = steps.params_of(call, chosen)["commands"]
    return lines


def test_a_step_whose_needs_are_done_is_queued(click: Click, ready: Session) -> None:
    before = ready.revision
    run = click("topic")
    ready.refresh_from_db()
    assert (run.status, run.generation, run.params) == ("queued", 1, {})
    assert ready.revision > before


def test_a_missing_step_is_named_by_its_title(click: Click) -> None:
    with pytest.raises(NotNow, match=r"^“Run the API” needs “Create the topic” first\.$"):
        click("serve")


def test_every_missing_step_is_named(click: Click) -> None:
    with pytest.raises(NotNow, match="needs “Create the topic” and “Run the API” first"):
        click("call")


def test_a_need_that_has_once_passed_stays_met(do: Click, click: Click, host: Host) -> None:
    do("topic")
    host.replies["kafka-topics"] = Reply(status=1)
    assert do("topic").status == "failed"
    assert click("serve").status == "queued"


def test_a_need_met_on_the_cluster_before_a_reset_is_not_met(
    do: Click, click: Click, ready: Session
) -> None:
    do("topic")
    ready.move(SessionStatus.STOPPING)
    clusters.bring_down(ready.pk)
    clusters.bring_up(ready.pk)
    with pytest.raises(NotNow, match="needs “Create the topic”"):
        click("serve")


def test_a_double_click_gives_the_same_run(ready: Session, click: Click) -> None:
    first = click("topic")
    again, is_new = steps.request(ready, ready.spec.step("topic"), {})
    assert (again, is_new) == (first, False)
    assert ready.runs.filter(step_id="topic").count() == 1


def test_a_click_on_a_step_that_runs_gives_its_run(ready: Session, click: Click) -> None:
    first = click("topic")
    StepRun.objects.filter(pk=first.pk).update(status="running")
    assert click("topic") == first


def test_a_step_that_is_over_can_be_run_again(do: Click) -> None:
    assert do("topic") != do("topic")


def test_two_steps_can_be_under_way_at_once(do: Click, click: Click) -> None:
    do("topic")
    assert click("serve").status == click("topic").status == "queued"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("queued", "waits for a free place"),
        ("starting", "still starting"),
        ("stopping", "being torn down"),
        ("failed", "Reset it"),
        ("ended", "Launch the lab again"),
    ],
)
def test_a_step_is_refused_in_words_while_there_is_no_cluster(
    session: Session, status: str, words: str
) -> None:
    session.change(status=status)
    with pytest.raises(NotNow, match=words):
        steps.request(session, session.spec.step("topic"), {})
    with pytest.raises(NotNow, match=words):
        steps.run_all(session)
    assert not session.runs.exists()
    assert not session.is_autorunning


@pytest.mark.parametrize("step_id", ["prepare", "cluster", "down"])
def test_the_sessions_own_moves_are_no_steps_to_click(click: Click, step_id: str) -> None:
    with pytest.raises(NotNow, match="launched or torn down"):
        click(step_id)


# The calls


@pytest.mark.parametrize(("index", "command"), [("0", LOOK), ("1", BUY)])
def test_a_button_makes_its_own_call(calling: Call, index: str, command: str) -> None:
    assert calls_of(calling, {"command": index}) == [command]


@pytest.mark.parametrize("index", ["2", "-1", "x", "1.0", "9" * 5000])
def test_a_button_that_is_none_is_refused(calling: Call, index: str) -> None:
    with pytest.raises(NotNow, match="no such call"):
        calls_of(calling, {"command": index})


def test_without_a_choice_the_lab_says_how_many_calls(calling: Call) -> None:
    assert len(calls_of(calling, {})) == 4


@given(times=st.integers(2, 100))
def test_every_button_is_called_at_least_once(times: int) -> None:
    lines = calls_of(make_call(), {"times": str(times)})
    assert len(lines) == times
    assert set(lines) == {LOOK, BUY}


def test_one_call_is_one_call(calling: Call) -> None:
    assert len(calls_of(calling, {"times": "1"})) == 1


@pytest.mark.parametrize("times", ["0", "101", "-3", "x", "1.5", " 4", "²", "9" * 5000])
def test_a_number_of_calls_that_is_none_is_refused(calling: Call, times: str) -> None:
    with pytest.raises(NotNow, match="from 1 to 100"):
        calls_of(calling, {"times": times})


@given(path=st.text() | st.text(st.characters(max_codepoint=127)).map(lambda rest: f"/{rest}"))
@example("/purchase_a_sword?n=1&m=2#x")
@example("/$(reboot)")
@example("/`reboot`")
@example("/'; reboot; '")
@example("/a\\\nb")
@example("/;reboot|cat<>&*~!(){}[]")
@example("//elsewhere.example/x")
@example("/..@elsewhere.example")
@example("/" + "x" * 2000)
def test_a_path_is_called_exactly_as_typed_or_refused(path: str) -> None:
    try:
        lines = calls_of(make_call(), {"path": path})
    except NotNow:
        return
    if not path.strip():
        assert set(lines) == {LOOK, BUY}
        return
    (line,) = lines
    command = Command.parse(line)
    assert command.service == "mids"
    assert command.argv == ("curl", f"http://localhost:5000{path.strip()}")
    # A shell reads the line as the portal does: what is copied does what was shown.
    assert shlex.split(line) == ["docker-compose", "exec", "mids", *command.argv]
    assert line.isprintable()


def test_ordinary_paths_are_not_refused(calling: Call) -> None:
    for path in ("/", "/purchase_a_sword", "/join_guild?name=x&rank=1", "/a%20b", "/a-b_c.d~e"):
        assert calls_of(calling, {"path": path})


def test_a_lab_can_keep_the_free_path_to_itself() -> None:
    with pytest.raises(NotNow):
        calls_of(make_call(free_path=False), {"path": "/"})


# Code and requests


def test_edited_code_is_kept_with_the_run(do: Click, click: Click) -> None:
    do("topic")
    assert click("extract", code="print(2)\r\nprint(3)").params == {"code": "print(2)\nprint(3)"}


def test_blank_code_means_the_labs_own(do: Click, click: Click) -> None:
    do("topic")
    assert click("extract", code=" \n").params == {}
    assert click("raw", request=" \n").params == {}


def test_an_edited_request_is_kept_with_the_run(do: Click, click: Click) -> None:
    do("topic")
    assert click("raw", request="GET / HTTP/1.0").params == {"request": "GET / HTTP/1.0"}


@pytest.mark.parametrize(("step_id", "field"), [("extract", "code"), ("raw", "request")])
def test_what_is_too_long_or_holds_a_nul_is_refused(
    do: Click, click: Click, ready: Session, step_id: str, field: str
) -> None:
    do("topic")
    with pytest.raises(NotNow, match="64 KB"):
        click(step_id, **{field: "x" * (TEXT_LIMIT + 1)})
    with pytest.raises(NotNow, match="NUL"):
        click(step_id, **{field: "x\0"})
    assert not ready.runs.filter(step_id=step_id).exists()
    assert click(step_id, **{field: "x" * TEXT_LIMIT}).status == "queued"


def test_other_kinds_take_no_choices(click: Click) -> None:
    assert click("topic", path="/x", code="import os", command="0").params == {}


# Cancelling


def test_cancelling_a_run_that_waits_ends_it_at_once(click: Click, host: Host) -> None:
    run = click("topic")
    steps.cancel(run)
    assert (run.status, run.seconds) == ("cancelled", None)
    assert runs.carry_out(run.pk) is None
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_cancelling_a_run_that_runs_asks_it_to_end(click: Click, ready: Session) -> None:
    run = click("topic")
    StepRun.objects.filter(pk=run.pk).update(status="running")
    before = ready.revision
    steps.cancel(run)
    run.refresh_from_db()
    ready.refresh_from_db()
    assert (run.status, run.cancel_requested) == ("running", True)
    assert ready.revision > before


@pytest.mark.parametrize("status", ["queued", "running"])
def test_cancelling_ends_run_all(ready: Session, host: Host, status: str) -> None:
    run = steps.run_all(ready)
    assert run is not None
    StepRun.objects.filter(pk=run.pk).update(status=status)
    steps.cancel(run)
    ready.refresh_from_db()
    assert not ready.is_autorunning


# Run all


def do_all(session: Session, host: Host) -> list[str]:
    """Run all to its end; the steps that were run, in order."""
    before = set(session.runs.values_list("pk", flat=True))
    session.refresh_from_db()
    if run := steps.run_all(session):
        host.enqueue(orders.CARRY_OUT, session, run.pk)
    host.deliver()
    session.refresh_from_db()
    return [run.step_id for run in session.runs.exclude(pk__in=before)]


def test_run_all_does_every_step_in_order_but_never_the_tear_down(
    ready: Session, host: Host
) -> None:
    order = ["topic", "serve", "call", "serve-more", "extract", "raw", "stop"]
    assert do_all(ready, host) == order
    assert set(ready.runs.values_list("status", flat=True)) == {"passed"}
    assert (ready.status, ready.is_autorunning) == ("ready", False)


def test_run_all_goes_on_where_somebody_has_begun(ready: Session, host: Host, do: Click) -> None:
    do("topic")
    do("serve")
    assert do_all(ready, host)[0] == "call"


def test_a_second_tab_is_told_that_what_it_typed_was_not_run(
    ready: Session, do: Click, click: Click
) -> None:
    for need in ("topic", "serve", "call"):
        do(need)
    for step_id, field in (("extract", "code"), ("raw", "request")):
        run = click(step_id, **{field: "one"})
        assert click(step_id, **{field: "one"}) == run
        with pytest.raises(NotNow, match="what you typed was not run"):
            click(step_id, **{field: "two"})


def test_run_all_waits_for_the_step_that_is_under_way(
    ready: Session, host: Host, click: Click
) -> None:
    run = click("topic")
    assert steps.run_all(ready) is None
    assert ready.is_autorunning
    following = runs.carry_out(run.pk)
    assert following is not None
    assert following.step_id == "serve"


def test_run_all_stops_at_a_failure_and_can_be_told_to_go_on(ready: Session, host: Host) -> None:
    host.replies["curl"] = Reply(status=7)
    assert do_all(ready, host) == ["topic", "serve", "call"]
    assert not ready.is_autorunning
    host.replies.clear()
    assert do_all(ready, host) == ["call", "serve-more", "extract", "raw", "stop"]


def test_run_all_of_what_is_done_does_nothing(ready: Session, host: Host) -> None:
    do_all(ready, host)
    assert do_all(ready, host) == []
    assert not ready.is_autorunning


def test_a_double_click_on_run_all_runs_each_step_once(ready: Session, host: Host) -> None:
    first = steps.run_all(ready)
    assert first is not None
    assert steps.run_all(ready) is None
    host.enqueue(orders.CARRY_OUT, ready, first.pk)
    host.deliver()
    ran = list(ready.runs.values_list("step_id", flat=True))
    assert len(ran) == len(set(ran))


def test_the_small_lab_is_one_that_the_portal_can_read(session: Session) -> None:
    assert parse_lab(session.version.source, lambda name: "").name == "small"
