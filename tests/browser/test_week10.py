"""The whole lab of week 10, by clicking, as a student does it."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import (
    answer,
    choose,
    launch,
    log_in,
    open_step,
    open_tab,
    run,
    step,
    tear_down,
)
from tests.browser.axe import as_it_is
from tests.portal_process import Portal

pytestmark = pytest.mark.browser

OLD = '{"event_type": "purchase_sword"}'
NEW = '"Host": "localhost:5000"'


def test_a_student_does_the_whole_lab_by_clicking(page: Page, portal: Portal) -> None:
    """From the login to the table of old and new events, and to the tear-down."""
    log_in(page, portal, "student")
    launch(page)
    take_the_tour(page)
    expect(step(page, "prepare")).to_have_attribute("data-state", "passed")
    expect(step(page, "cluster")).to_have_attribute("data-state", "passed")

    run(page, "topic")
    expect(open_tab(page, "output")).to_contain_text(re.compile(r'Created topic "?events"?\.'))

    run(page, "serve", state="serving")
    log = open_tab(page, "log")
    expect(log).to_contain_text("Running on http://127.0.0.1:5000")

    kept = answer(page, "predict-records", "9", state="cancelled")
    expect(kept).to_contain_text("Your answer, 9, is kept. Once “Call the API” is done")

    run(page, "call", button="call-0")
    run(page, "call", button="call-1")
    run(page, "call", button="call-random")
    run(page, "predict-records", state="failed")
    expect(page.get_by_test_id("failure")).to_contain_text(
        "the topic events has 10 records. Off by"
    )
    answer(page, "predict-records", "10", state="passed")
    open_step(page, "call")
    events = open_tab(page, "events")
    expect(events).to_contain_text(OLD)
    expect(open_tab(page, "log")).to_contain_text('"GET /purchase_a_sword HTTP/1.1" 200')
    expect(open_tab(page, "output")).to_contain_text("Sword Purchased!")

    run(page, "read")
    output = open_tab(page, "output")
    expect(output).to_contain_text(OLD)
    expect(output).to_contain_text("% Reached end of topic events [0] at offset 10")
    expect(output.locator("[data-summary]")).to_have_text("10 lines, 1 message")

    run(page, "serve-extended", state="serving")
    expect(step(page, "serve")).to_have_attribute("data-state", "passed")
    run(page, "call-extended", button="call-random")
    run(page, "call-extended", button="call-2")
    expect(page.get_by_test_id("bench").locator("tbody td").first).to_have_text("10")
    expect(page.get_by_test_id("bench").locator("caption")).to_contain_text("ab -n 10")
    expect(open_tab(page, "events")).to_contain_text("user1.comcast.com")
    expect(open_tab(page, "events")).to_contain_text(NEW)

    run(page, "read-extended")
    output = open_tab(page, "output")
    expect(output).to_contain_text('{"event_type": "default"}')
    expect(output).to_contain_text(NEW)

    answer(page, "predict-columns", "event_type, Host", state="cancelled")
    answer(page, "predict-rows", "28", state="cancelled")
    run(page, "extract", seconds=90)
    expect(open_tab(page, "output")).to_contain_text("|    event_type|")
    results = open_tab(page, "results")
    expect(results).to_contain_text("purchase_sword")
    expect(results).to_contain_text("User-Agent")
    expect(results).to_contain_text("toDF()")

    run(page, "predict-columns", state="failed")
    expect(page.get_by_test_id("failure")).to_contain_text("There is no Host. toDF() learned")
    answer(page, "predict-columns", "event_type", state="passed")
    run(page, "predict-rows")
    page.get_by_test_id("answer").fill("many")
    page.get_by_test_id("run").click()
    expect(page.get_by_text("“many” is not a whole number")).to_be_visible()
    expect(page.get_by_test_id("answer")).to_have_value("many")
    expect(step(page, "predict-rows")).to_have_attribute("data-state", "passed")

    run(page, "telnet")
    http = open_tab(page, "http")
    expect(http).to_contain_text("GET /purchase_a_sword HTTP/1.1\\r\\n")
    expect(http).to_contain_text("Sword Purchased!\\n")

    run(page, "stop")
    tear_down(page)
    expect(step(page, "down")).to_have_attribute("data-state", "passed")
    assert portal.sandboxes() == []
    page.reload()
    expect(open_tab(page, "results")).to_contain_text("purchase_sword")
    open_step(page, "read")
    expect(open_tab(page, "output")).to_contain_text(OLD)


def take_the_tour(page: Page) -> None:
    """By the keyboard: every card is in sight, and focus is where it was when the last is gone."""
    choose(page, "tour-again")
    tour = page.get_by_test_id("tour")
    for at, stop in enumerate(("A cluster of your own", "The way through the lab"), 1):
        expect(tour.get_by_role("heading")).to_have_text(stop)
        expect(tour).to_contain_text(f"{at} of 8")
        page.keyboard.press("Enter")
    for _ in range(3, 9):
        expect(tour.get_by_role("heading")).to_be_in_viewport(ratio=1)
        expect(page.get_by_test_id("tour-next")).to_be_focused()
        page.keyboard.press("Enter")
    expect(tour).to_be_hidden()
    expect(page.get_by_test_id("session-menu")).to_be_focused()
    choose(page, "tour-again")
    assert as_it_is(page) == []
    page.keyboard.press("Escape")
    expect(tour).to_be_hidden()


def test_two_students_work_at_once_without_seeing_each_other(
    page: Page, browser: Browser, portal: Portal
) -> None:
    """The same names and ports in both clusters, and no event of the one in the other."""
    other = browser.new_context().new_page()
    for each, username in ((page, "student"), (other, "student2")):
        log_in(each, portal, username)
        launch(each)
        run(each, "topic")
        run(each, "serve", state="serving")
    run(page, "call", button="call-0")
    run(other, "call", button="call-1")
    for each, own, foreign in ((page, "default", "purchase"), (other, "purchase", "default")):
        events = open_tab(each, "events")
        expect(events).to_contain_text(own)
        expect(events).not_to_contain_text(foreign)
    answer = other.goto(page.url)
    assert answer is not None
    assert answer.status == 404
    other.goto(f"{portal.address}/sessions/")
    other.get_by_role("link", name=re.compile("Transforming")).first.click()
    tear_down(other)
    tear_down(page)
    other.context.close()


def test_run_all_does_every_step_up_to_the_tear_down(page: Page, portal: Portal) -> None:
    """One click instead of ten."""
    log_in(page, portal, "student")
    launch(page)
    page.get_by_test_id("run-all").click()
    expect(step(page, "stop")).to_have_attribute("data-state", "passed", timeout=120_000)
    expect(step(page, "extract")).to_have_attribute("data-state", "passed")
    expect(step(page, "down")).to_have_attribute("data-state", "idle")
    tear_down(page)
