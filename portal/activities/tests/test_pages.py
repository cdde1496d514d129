"""What the session page is given to show."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.activities import pages, queries
from portal.activities.models import Session, StepRun
from portal.activities.pages import StepView
from portal.activities.services import sessions, steps
from portal.activities.tests.conftest import Click, Person
from portal.activities.tests.host import Host, age
from portal.catalog.models import LabVersion
from portal.runner.services import clusters


def context(session: Session, step_id: str = "", tab: str = "", **more: Any) -> dict[str, Any]:
    """What the student's page is given."""
    session.refresh_from_db()
    return pages.context(session, step_id=step_id, tab=tab, is_owner=more.get("is_owner", True))


def steps_of(session: Session) -> dict[str, StepView]:
    """The steps as shown, by id."""
    return {step.spec.id: step for step in context(session)["steps"]}


def test_steps_that_never_ran_are_idle(session: Session) -> None:
    found = steps_of(session)
    assert list(found) == [step.id for step in session.spec.steps]
    assert [step.index for step in found.values()] == list(range(1, len(found) + 1))
    assert {step.state for step in found.values()} == {"idle"}
    assert {step.stream for step in found.values()} == {""}


def test_a_steps_state_is_its_newest_runs(do: Click, ready: Session) -> None:
    do("topic")
    newest = do("topic")
    StepRun.objects.filter(pk=newest.pk).update(status="cancelled")
    step = steps_of(ready)["topic"]
    assert (step.state, step.stream) == ("cancelled", f"step:{newest.pk}")


@pytest.mark.parametrize(
    ("status", "can_run"),
    [
        ("queued", False),
        ("running", False),
        ("serving", True),
        ("passed", True),
        ("failed", True),
        ("cancelled", True),
    ],
)
def test_a_step_can_be_run_unless_it_is_under_way(
    click: Click, ready: Session, status: str, can_run: bool
) -> None:
    StepRun.objects.filter(pk=click("topic").pk).update(status=status)
    assert steps_of(ready)["topic"].can_run is can_run


@pytest.mark.parametrize("status", ["queued", "starting", "stopping", "failed", "ended"])
def test_no_step_can_be_run_without_a_cluster(ready: Session, status: str) -> None:
    Session.objects.filter(pk=ready.pk).update(status=status)
    assert not any(step.can_run for step in steps_of(ready).values())


def test_the_sessions_own_moves_have_no_button(ready: Session) -> None:
    own = {step.spec.id for step in steps_of(ready).values() if step.is_own_move}
    assert own == {"prepare", "cluster", "down"}
    assert not any(steps_of(ready)[name].can_run for name in own)


def test_what_a_step_needs_first_is_named(do: Click, ready: Session) -> None:
    call = steps_of(ready)["call"]
    assert ([need.id for need in call.missing], call.can_run) == (["topic", "serve"], False)
    do("topic")
    do("serve")
    call = steps_of(ready)["call"]
    assert (call.missing, call.can_run) == ((), True)


def test_a_need_that_once_passed_is_not_missing_after_a_failure(do: Click, ready: Session) -> None:
    """As `services.steps.request` sees it: the page and the button agree."""
    do("topic")
    StepRun.objects.filter(pk=do("topic").pk).update(status="failed")
    assert steps_of(ready)["serve"].missing == ()


def test_the_steps_of_the_cluster_before_a_reset_are_not_shown(
    do: Click, ready: Session, host: Host
) -> None:
    do("topic")
    sessions.reset(ready)
    clusters.bring_down(ready.pk)
    assert {step.state for step in steps_of(ready).values()} == {"idle"}


def test_hints_come_one_at_a_time_and_in_order(ready: Session) -> None:
    step = ready.spec.step("topic")
    assert (steps_of(ready)["topic"].hints, steps_of(ready)["topic"].next_hint) == ((), 1)
    asked = [steps.show_hint(ready, step, number) for number in (2, 0, 1, 1, 3)]
    assert asked == [False, False, True, False, False]
    assert steps.show_hint(ready, step, 2)
    view = steps_of(ready)["topic"]
    assert (view.hints, view.next_hint) == (("Is kafka up?", "Look at its log."), 0)


def test_a_step_that_is_done_offers_no_further_hint(do: Click, ready: Session) -> None:
    steps.show_hint(ready, ready.spec.step("topic"), 1)
    do("topic")
    view = steps_of(ready)["topic"]
    assert (view.hints, view.next_hint) == (("Is kafka up?",), 0)


def test_the_step_to_open_is_the_first_that_is_not_done(do: Click, ready: Session) -> None:
    assert context(ready)["current"].spec.id == "topic"
    do("topic")
    assert context(ready)["current"].spec.id == "serve"
    do("serve")
    assert context(ready)["current"].spec.id == "call"


def test_a_step_that_failed_is_the_one_to_open(do: Click, ready: Session) -> None:
    StepRun.objects.filter(pk=do("topic").pk).update(status="failed")
    assert context(ready)["current"].spec.id == "topic"


def test_when_all_is_done_the_last_step_is_open(ready: Session) -> None:
    for step in ready.spec.steps:
        StepRun.objects.create(session=ready, generation=1, step_id=step.id, status="passed")
    assert context(ready)["current"].spec.id == "down"


def test_the_step_and_tab_of_the_address_are_shown(ready: Session) -> None:
    found = context(ready, "raw", "log")
    assert (found["current"].spec.id, found["tab"]) == ("raw", "log")
    assert sum(step.is_current for step in found["steps"]) == 1


def test_without_a_tab_the_steps_own_is_shown(ready: Session) -> None:
    assert context(ready, "raw")["tab"] == "http"
    assert context(ready, "topic", "none")["tab"] == "output"


def test_the_tabs_have_what_they_choose_from(ready: Session) -> None:
    found = context(ready)
    assert found["services"] == ["kafka", "mids"]
    assert found["topics"] == ["events"]


def test_files_are_shown_as_edited(ready: Session) -> None:
    sessions.save_file(ready, "app/game.py", "mine")
    game, notes, lines = context(ready)["files"]
    assert (game["content"], game["is_changed"], game["editable"]) == ("mine", True, True)
    assert (notes["content"], notes["is_changed"], notes["editable"]) == ("read only", False, False)
    assert (lines["path"], lines["is_changed"], lines["editable"]) == (
        "pyspark:extract",
        False,
        True,
    )


@pytest.mark.parametrize(
    ("field", "minutes", "left", "reason", "warn"),
    [
        ("last_active_at", 0, 60, "idle", False),
        ("last_active_at", 56, 4, "idle", True),
        ("expires_at", 177, 3, "expired", True),
        ("last_watched_at", 19, 60, "idle", False),
        ("last_active_at", 90, 0, "idle", True),
    ],
)
def test_the_time_left_is_told_with_its_reason(
    ready: Session, field: str, minutes: int, left: int, reason: str, warn: bool
) -> None:
    age(ready, minutes, field)
    time = context(ready)["time"]
    assert (time["minutes_left"], time["reason"], time["warn"]) == (left, reason, warn)


def test_a_session_that_has_ended_warns_of_nothing(ready: Session) -> None:
    age(ready, 90, "last_active_at")
    Session.objects.filter(pk=ready.pk).update(status="ended")
    assert not context(ready)["time"]["warn"]


def test_a_launch_shows_its_phases_and_how_long_they_have_taken(session: Session) -> None:
    session.change(
        status="starting",
        progress=[
            {"service": "sandbox", "is_done": True, "seconds": 0.2, "at": 0, "waits_for": ""},
            {"service": "kafka", "is_done": True, "seconds": 2.5, "at": 0, "waits_for": "x"},
            {"service": "mids", "is_done": False, "seconds": 0, "at": 0, "waits_for": "x"},
        ],
    )
    age(session, 1, "starting_at")
    launch = context(session)["launch"]
    assert [phase["service"] for phase in launch["phases"]] == ["sandbox", "kafka", "mids"]
    assert launch["phases"][0]["is_place"]
    assert launch["phases"][1]["seconds"] == 2.5
    assert launch["phases"][2]["seconds"] > 1000
    session.change(progress=[])
    phases = context(session)["launch"]["phases"]
    assert [phase["seconds"] for phase in phases] == [None, None]
    assert [phase.get("is_next", False) for phase in phases] == [True, False]
    assert launch["elapsed"] == pytest.approx(60, abs=5)


def test_a_launch_that_waits_shows_its_place_in_line(session: Session, person: Person) -> None:
    other, _ = sessions.launch(person("other").pk, session.version)
    assert context(other)["place"] == 2
    assert context(session)["place"] == 1
    assert context(other)["launch"]["elapsed"] == 0


def test_what_a_click_would_be_told_is_what_the_page_shows(
    do: Click, click: Click, ready: Session
) -> None:
    """`can_run` and `services.steps.request` never disagree."""
    from portal.activities.services import steps
    from portal.activities.services.wishes import NotNow

    for done in ("topic", "serve", "call"):
        for step in ready.spec.steps:
            view = steps_of(ready)[step.id]
            try:
                run, is_new = steps.request(ready, step, {})
            except NotNow:
                assert not view.can_run
                continue
            assert view.can_run
            if is_new:
                run.withdraw()
        do(done)


def test_an_estimate_comes_from_the_labs_own_runs_the_first_apart_from_later_ones(
    person: Person, version: LabVersion, host: Host
) -> None:
    def took(session: Session, *seconds: float) -> None:
        for each in seconds:
            began = timezone.now()
            StepRun.objects.create(
                session=session,
                generation=1,
                step_id="extract",
                status="passed",
                started_at=began,
                finished_at=began + timedelta(seconds=each),
            )

    first = [sessions.launch(person(f"s{number}").pk, version)[0] for number in range(4)]
    step = first[0].spec.step("extract")
    took(first[0], 20, 3)
    took(first[1], 30, 4)
    assert queries.usual_seconds(first[3], step) == step.usual
    took(first[2], 40, 5)
    assert queries.usual_seconds(first[3], step) == 30
    assert queries.usual_seconds(first[0], step) == 4
