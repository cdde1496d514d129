"""A login is connected to a provider, used by that way, and disconnected, all in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from portal.classroom.tests.provider import Provider
from tests.browser.actions import log_in
from tests.browser.axe import problems
from tests.portal_process import Portal

pytestmark = pytest.mark.browser


def test_a_login_is_connected_and_signed_in_to(
    page: Page, portal: Portal, provider: Provider
) -> None:
    """A policy that lets forms go nowhere else must not stop it, and a fresh page must be whole."""
    provider.browsers_person = "ada.l"
    account = f"{portal.address}/password/"
    log_in(page, portal, "student2")
    page.goto(account)
    page.get_by_label("Password of this login").fill(portal.passwords["student2"])
    page.get_by_role("button", name="Connect with Example University").click()
    elsewhere = page.get_by_test_id("elsewhere")
    expect(elsewhere).to_contain_text("Connected as ada.l")
    expect(page).to_have_url(account)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert problems(page, account) == []
    page.get_by_label("Account of student2").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    page.get_by_role("link", name="Sign in with Example University").click()
    expect(page.get_by_label("Account of student2")).to_be_visible()
    page.goto(account)
    page.get_by_label("Password of this login").fill(portal.passwords["student2"])
    elsewhere.get_by_role("button", name="Disconnect").click()
    expect(elsewhere).to_contain_text("Connect with Example University")
