"""The API is called as people call one: by its own routes, with a body, and again after a mend."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import launch, log_in, open_step, open_tab, run, step, tear_down
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
SCRIPT = "flask-with-kafka-and-spark/game_api_with_json_events.py"
ROUTES = """
from flask import jsonify


@app.route("/guild/<name>", methods=["POST"])
def join(name):
    event = request.get_json()
    log_to_kafka("events", event)
    return jsonify({"joined": name, **event})
"""


@pytest.fixture
def session(page: Page, portal: Portal) -> object:
    """A cluster that is ready, torn down afterwards."""
    log_in(page, portal, "student")
    launch(page)
    yield page
    tear_down(page)


def test_calls_of_the_students_own_server(session: Page) -> None:
    page = session
    run(page, "topic")
    run(page, "serve", state="serving")

    # The server's own routes are there to be called, and the reply stays beside them.
    open_step(page, "call")
    open_tab(page, "log")
    routes = page.get_by_test_id("own-routes")
    expect(routes).to_contain_text("GET /purchase_a_sword")
    routes.locator("li").filter(has_text="/purchase_a_sword").get_by_role(
        "button", name="Call GET /purchase_a_sword"
    ).click()
    replies = page.get_by_test_id("replies")
    expect(replies.get_by_test_id("reply-status")).to_have_text("200 OK")
    expect(replies.get_by_test_id("reply-body")).to_contain_text("Sword Purchased!")
    expect(replies).to_be_in_viewport()
    expect(page.get_by_test_id("panel-log")).to_be_visible()

    # A route that is saved but not served yet is a 404, which says why and offers the restart.
    panel = open_tab(page, "code")
    chooser = panel.get_by_test_id("code-file")
    option = chooser.locator("option").filter(has_text=SCRIPT)
    chooser.select_option(value=option.get_attribute("value"))
    editor = panel.get_by_label(SCRIPT)
    original = editor.input_value()
    editor.fill(original.replace("import Flask", "import Flask, request") + ROUTES + "\ndef x(:\n")
    panel.get_by_test_id("code-save").locator("visible=true").click()
    expect(panel).to_contain_text("read it. Line")
    editor.fill(original.replace("import Flask", "import Flask, request") + ROUTES)
    panel.get_by_test_id("code-save").locator("visible=true").click()
    expect(panel).to_contain_text("until it is started again")

    page.get_by_test_id("call-method").select_option("POST")
    page.get_by_test_id("own-path").fill("/guild/<name>")
    expect(page.get_by_test_id("call-note")).to_contain_text("in the place of <name>")
    page.get_by_test_id("own-path").fill("/guild/elves")
    page.get_by_test_id("call-more").locator("summary").click()
    page.get_by_test_id("call-body-kind").select_option("json")
    page.get_by_test_id("call-body").fill('{"event_type": "join_guild"}')
    line = page.get_by_test_id("call-line")
    expect(line).to_have_text(
        "docker-compose exec mids curl -H 'Content-Type: application/json' "
        '--data-raw \'{"event_type": "join_guild"}\' http://localhost:5000/guild/elves'
    )
    page.get_by_test_id("call-path").click()
    expect(step(page, "call")).to_have_attribute("data-state", "failed")
    expect(replies.get_by_test_id("reply-status")).to_have_text("404 Not Found")
    mend = page.get_by_test_id("mend")
    expect(mend).to_contain_text("from before you saved")
    mend.get_by_test_id("mend-run").click()
    expect(page.get_by_test_id("mended")).to_be_visible()

    # What was typed is still there, and now it is answered.
    expect(routes).to_contain_text("POST /guild/<name>")
    page.get_by_test_id("call-path").click()
    expect(step(page, "call")).to_have_attribute("data-state", "passed")
    expect(replies.get_by_test_id("reply-body")).to_contain_text('"joined":"elves"')
    page.get_by_test_id("presets").locator("summary").click()
    expect(page.get_by_test_id("preset-0")).to_contain_text("POST /guild/elves")
    page.get_by_test_id("earlier").locator("summary").first.click()
    expect(page.get_by_test_id("earlier")).to_contain_text("failed")

    # Many calls are told in a table.
    page.get_by_test_id("call-random").click()
    expect(replies.get_by_test_id("reply-table")).to_contain_text("GET /purchase_a_sword")
    expect(step(page, "call")).to_have_attribute("data-state", "passed")
