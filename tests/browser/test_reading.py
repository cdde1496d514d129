"""What a page leaves alone: the open step, the focus, somebody's text, and their way back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.actions import (
    LAUNCH_MS,
    launch,
    log_in,
    open_step,
    open_tab,
    run,
    save_file,
    status,
    step,
    tear_down,
)
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
EXTENDED = "flask-with-kafka-and-spark/game_api_with_extended_json_events.py"


@pytest.fixture
def session(page: Page, portal: Portal) -> Iterator[Page]:
    """A session that is ready, torn down after the test."""
    log_in(page, portal, "student")
    launch(page)
    yield page
    page.goto(re.sub(r"[?#].*", "", page.url))
    if status(page).get_attribute("data-status") != "ended":
        tear_down(page)


def test_a_second_press_of_enter_does_not_cancel_what_the_first_has_run(session: Page) -> None:
    page = session
    open_step(page, "topic")
    page.get_by_test_id("run").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("cancel")).to_be_visible()
    expect(page.get_by_test_id("cancel")).not_to_be_focused()
    page.keyboard.press("Enter")
    expect(step(page, "topic")).to_have_attribute("data-state", "passed")


def test_a_double_click_on_run_runs_once_and_to_the_end(session: Page) -> None:
    page = session
    open_step(page, "topic")
    page.get_by_test_id("run").dblclick()
    expect(step(page, "topic")).to_have_attribute("data-state", "passed")


def test_a_press_is_felt_before_it_is_answered(session: Page) -> None:
    """The button says that it is busy, and a second press while it waits asks for nothing."""
    page = session
    held: list[Route] = []
    page.route("**/run/topic/", lambda route: held.append(route))
    open_step(page, "topic")
    button = page.get_by_test_id("run")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    button.click()
    button.press("Enter")
    (only,) = held
    only.continue_()
    expect(step(page, "topic")).to_have_attribute("data-state", "passed")
    expect(button).not_to_have_attribute("aria-busy", "true")


def test_the_open_step_and_the_focus_stay_while_a_cluster_starts(
    page: Page, portal: Portal
) -> None:
    log_in(page, portal, "student")
    page.get_by_role("button", name="Launch Transforming streaming data", exact=True).click()
    title = page.locator("#step-title")
    expect(title).to_be_visible()
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")
    reading = title.inner_text()
    search = open_tab(page, "log").get_by_test_id("log-search")
    search.fill("GET")
    expect(status(page)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)
    expect(title).to_have_text(reading)
    expect(search).to_be_focused()
    expect(search).to_have_value("GET")
    tear_down(page)


def test_back_and_forward_go_through_the_steps_and_tabs_that_were_chosen(session: Page) -> None:
    page = session
    open_step(page, "topic")
    open_step(page, "serve")
    open_tab(page, "events")
    page.go_back()
    expect(page.get_by_test_id("tab-events")).to_have_attribute("aria-selected", "false")
    expect(step(page, "serve").get_by_role("link")).to_have_attribute("aria-current", "step")
    page.go_back()
    expect(step(page, "topic").get_by_role("link")).to_have_attribute("aria-current", "step")
    expect(page).to_have_url(re.compile("step=topic"))
    page.go_forward()
    page.go_forward()
    expect(step(page, "serve").get_by_role("link")).to_have_attribute("aria-current", "step")
    expect(page.get_by_test_id("panel-events")).to_be_visible()


def test_an_ended_session_offers_nothing_that_only_a_cluster_can_do(session: Page) -> None:
    page = session
    events = open_tab(page, "events")
    expect(events.get_by_test_id("topic-pause")).to_be_visible()
    tear_down(page)
    for _ in range(2):
        expect(page.get_by_test_id("live-status")).to_be_hidden()
        expect(events.get_by_test_id("topic-pause")).to_be_hidden()
        expect(events.get_by_test_id("topic-send-open")).to_be_hidden()
        page.reload()


def test_the_labs_own_text_takes_the_place_of_somebodys_only_if_they_say_so(
    session: Page,
) -> None:
    """Even where an error is marked beyond the end of the shorter text; Undo brings theirs back."""
    page = session
    save_file(page, EXTENDED, "import os\n" + "# more than there was\n" * 200 + "def broken(:\n")
    run(page, "topic")
    run(page, "serve-extended", state="failed")
    form = open_tab(page, "code").locator("form:visible")
    text = form.locator("textarea[name=code]")
    expect(form.locator(".cm-errorLine")).to_contain_text("def broken")
    form.get_by_test_id("code-restore").click()
    page.get_by_role("button", name="Keep mine").click()
    expect(text).to_have_value(re.compile("def broken"))
    form.get_by_test_id("code-restore").click()
    page.get_by_test_id("code-sure-yes").click()
    expect(text).to_have_value(re.compile("Flask"))
    expect(form.locator(".code-told")).to_contain_text("Saved")
    form.get_by_test_id("code-undo").click()
    expect(text).to_have_value(re.compile("def broken"))
    expect(form.locator(".code-told")).to_contain_text("Saved")
    # What is saved is read once more: the mistake is theirs again, and marked where it stands.
    expect(form.locator(".cm-errorLine")).to_contain_text("def broken")
