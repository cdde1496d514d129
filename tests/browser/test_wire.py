"""HTTP by hand: a request that hangs, and one that is typed line by line, as in telnet."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import launch, log_in, open_tab, run, tear_down
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
SLOW = 90_000


@pytest.fixture
def session(page: Page, portal: Portal) -> object:
    """A cluster that is ready, torn down afterwards."""
    log_in(page, portal, "student")
    launch(page)
    yield page
    tear_down(page)


def test_http_is_spoken_by_hand(session: Page) -> None:
    page = session

    # Nothing listens yet: that is told with the step to run.
    panel = open_tab(page, "http")
    text = panel.get_by_test_id("wire-text")
    expect(text).to_have_value("GET / HTTP/1.1\nHost: localhost:5000\n\n")
    panel.get_by_test_id("wire-send").click()
    expect(panel.get_by_test_id("wire-problem")).to_contain_text("Run the step", timeout=SLOW)

    run(page, "topic")
    run(page, "serve", state="serving")
    panel = open_tab(page, "http")

    # Half a request hangs; a page that is opened anew shows the same, and a button hangs up.
    panel.get_by_test_id("wire-example").select_option(label="Half a request")
    panel.get_by_test_id("wire-send").click()
    rows = panel.get_by_test_id("wire-rows")
    expect(rows).to_contain_text("Host: localhost:5000\\r\\n", timeout=SLOW)
    page.reload()
    expect(rows).to_contain_text("Host: localhost:5000\\r\\n", timeout=SLOW)
    expect(rows.locator(".is-sent")).to_have_count(1)
    panel.get_by_test_id("wire-hang-up").click()
    times = panel.get_by_test_id("wire-times")
    expect(times).to_contain_text("you hung up", timeout=SLOW)

    # Line by line, each goes at Enter, and the reply comes after the empty one.
    panel.get_by_label("line by line").check()
    panel.get_by_test_id("wire-send").click()
    line = panel.get_by_test_id("wire-line")
    expect(line).to_be_focused(timeout=SLOW)
    for typed in ("GET /purchase_a_sword HTTP/1.1", "Host: localhost", ""):
        line.fill(typed)
        line.press("Enter")
        if typed:
            expect(rows).to_contain_text(f"{typed}\\r\\n", timeout=SLOW)
    turns = panel.get_by_test_id("wire-turns")
    expect(turns).to_contain_text("It answered 200 OK", timeout=SLOW)
    expect(panel.get_by_test_id("wire-response")).to_contain_text("Sword Purchased!")
    expect(times).to_contain_text("closed by the server")

    # The same bytes again, compared with what came before.
    panel.get_by_test_id("wire-again").click()
    swords = panel.get_by_test_id("wire-exchanges").get_by_role("link")
    expect(swords.filter(has_text="GET /purchase_a_sword")).to_have_count(2)
    expect(times).to_contain_text("closed by the server", timeout=SLOW)
    panel.get_by_test_id("wire-view-compare").click()
    expect(panel.get_by_text("byte for byte the same").first).to_be_visible()
