"""An admin forgets a host that won't come back."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import in_portal, log_in
from tests.browser.axe import AXE, RULES, RUN
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
SILENT = """
from datetime import UTC, datetime
from portal.activities.models import Host
Host.objects.create(name="lab-9", seen_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), places=4)
"""


@pytest.fixture
def hosts(page: Page, portal: Portal) -> Page:
    """The page of hosts, with one that has been silent for long."""
    in_portal(portal, SILENT)
    log_in(page, portal, "admin")
    page.goto(f"{portal.address}/hosts/")
    return page


def test_a_silent_host_is_forgotten_once_that_is_confirmed(hosts: Page) -> None:
    dialog = hosts.get_by_role("dialog", name="Forget lab-9?")
    opener = hosts.get_by_role("button", name="Forget… lab-9")
    expect(opener).to_have_count(1)  # The portal's own host answers.
    opener.focus()
    hosts.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    hosts.evaluate(AXE)
    for theme in ("light", "dark"):
        hosts.emulate_media(color_scheme=theme, reduced_motion="reduce")  # No colours in between.
        assert hosts.evaluate(RUN, RULES) == []
    with hosts.expect_response("**/hosts/live/"):  # The page renews itself behind it.
        pass
    with hosts.expect_request("**/hosts/live/"):
        pass
    expect(dialog).to_be_visible()
    hosts.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    opener.click()
    dialog.get_by_role("button", name="Forget").click()
    expect(hosts.get_by_text("lab-9 is forgotten; 0 sessions ended.")).to_be_visible()
    expect(hosts.get_by_test_id("host-lab-9")).to_have_count(0)
    expect(hosts.get_by_test_id("host-local")).to_be_visible()
