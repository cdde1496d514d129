"""What goes wrong is said on the page, and the session stays usable."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import (
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
SCRIPT = "flask-with-kafka-and-spark/game_api_with_json_events.py"


def failure(page: Page) -> Locator:
    """The card that says what happened, whose part it is and what to do."""
    return page.get_by_test_id("step").get_by_test_id("failure")


@pytest.fixture
def session(page: Page, portal: Portal) -> Iterator[Page]:
    """A cluster that is ready, torn down afterwards."""
    log_in(page, portal, "student")
    launch(page)
    yield page
    tear_down(page)


def test_mistakes_are_explained_and_can_be_mended(session: Page) -> None:
    """A step too early, a script that is no Python, a port in use, records that are not JSON."""
    page = session
    open_step(page, "serve")
    expect(page.get_by_test_id("missing")).to_contain_text("Create the topic")
    run(page, "topic")

    original = page.get_by_test_id("panel-code").get_by_label(SCRIPT).input_value()
    panel = open_tab(page, "code")
    save_file(page, SCRIPT, original.replace('"/"', "\u201c/\u201d"))
    expect(panel).to_contain_text("Changed: curly quotes.")
    expect(panel.get_by_label(SCRIPT)).to_have_value(original)
    save_file(page, SCRIPT, "from flask import Flask\napp = Flask(\n")
    expect(panel).to_contain_text("Line 2: '(' was never closed")
    expect(panel.locator(".cm-errorLine")).to_have_text("app = Flask(")
    run(page, "serve", state="failed")
    expect(failure(page)).to_contain_text("syntax error")
    expect(failure(page)).to_contain_text(re.compile("your code", re.I))
    panel = open_tab(page, "code")
    expect(panel).to_contain_text("Line 2: SyntaxError")
    expect(panel.locator(".cm-errorLine")).to_have_text("app = Flask(")
    save_file(page, SCRIPT, original)
    expect(panel.locator(".cm-errorLine")).to_have_count(0)
    run(page, "serve", state="serving")
    page.get_by_test_id("stop").click()
    expect(step(page, "serve")).to_have_attribute("data-state", "passed")

    run(page, "serve", state="serving")
    run(page, "call", button="call-random")
    not_json = original.replace("json.dumps(event).encode()", "b'<script>alert(1)</script>'")
    save_file(page, SCRIPT, not_json)
    page.get_by_test_id("panel-code").get_by_test_id("code-file").click()
    open_step(page, "serve")
    page.get_by_test_id("stop").click()
    run(page, "serve", state="serving")
    run(page, "call", button="call-0", state="passed")
    expect(open_tab(page, "events")).to_contain_text("<script>alert(1)</script>")
    run(page, "extract", state="failed", seconds=90)
    expect(failure(page)).to_contain_text(re.compile("not JSON", re.I))
    expect(failure(page)).to_contain_text("offset")

    for step_id, chosen in (("serve-extended", "1"), ("extract", "2")):
        open_step(page, step_id)
        expect(page.get_by_test_id("code-file")).to_have_value(chosen)
    page.get_by_test_id("edit-lines").click()
    lines = page.get_by_test_id("code").locator("form:visible")
    expect(lines.locator(".cm-errorLine")).to_contain_text("json.loads(x.value)")
    expect(lines).to_contain_text("Line 10: ")
    page.keyboard.press("Control+End")
    page.keyboard.type("6 * 7")
    page.keyboard.press("Shift+Home")
    lines.get_by_test_id("run-selection").click()
    expect(step(page, "extract")).to_have_attribute("data-state", "cancelled")
    expect(page.get_by_test_id("step")).to_contain_text("The selected lines ran.")
    expect(open_tab(page, "output")).to_contain_text("42")
    open_tab(page, "code")
    expect(lines.get_by_test_id("code-versions").locator("option")).to_have_count(2)
    expect(page.get_by_test_id("own-lines")).to_be_visible()
    lines.get_by_test_id("code-restore").click()
    page.get_by_test_id("code-sure-yes").click()
    expect(page.get_by_test_id("own-lines")).to_have_count(0)
    expect(lines.locator("code-editor")).not_to_contain_text("6 * 7")


def test_a_cluster_that_dies_is_told_and_can_be_started_again(
    session: Page, portal: Portal
) -> None:
    """Its first process is killed from outside; what was recorded stays."""
    page = session
    run(page, "topic")
    portal.kill_cluster(page.url.split("/s/")[1].split("/")[0])
    expect(status(page)).to_have_attribute("data-status", "failed", timeout=30_000)
    expect(status(page)).to_contain_text("platform")
    open_step(page, "topic")
    expect(open_tab(page, "output")).to_contain_text("Created topic")
    page.get_by_test_id("retry").first.click()
    expect(status(page)).to_have_attribute("data-status", "ready", timeout=60_000)
    run(page, "topic")


def test_a_reload_and_a_second_tab_show_the_same(session: Page) -> None:
    """The rows are the truth; a page only shows them."""
    page = session
    run(page, "topic")
    run(page, "serve", state="serving")
    second = page.context.new_page()
    second.goto(page.url)
    expect(step(second, "serve")).to_have_attribute("data-state", "serving")
    run(second, "call", button="call-1")
    expect(step(page, "call")).to_have_attribute("data-state", "passed")
    expect(open_tab(page, "log")).to_contain_text("GET /purchase_a_sword")
    page.reload()
    expect(open_tab(page, "log")).to_contain_text("GET /purchase_a_sword")
    expect(page.get_by_test_id("panel-log").get_by_text("GET /purchase_a_sword")).to_have_count(1)
    second.close()
