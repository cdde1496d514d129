"""What a person does on the pages, in words."""

import re
import subprocess
import sys

from playwright.sync_api import Locator, Page, expect

from tests.portal_process import ROOT, Portal, environment

LAUNCH_MS = 120_000


def log_in(page: Page, portal: Portal, username: str) -> None:
    """Log in with a demo login."""
    page.goto(f"{portal.address}/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(portal.passwords[username])
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{portal.address}/")


def launch(page: Page) -> None:
    """Launch week 10 from the page of labs and wait until its cluster is ready."""
    card = page.get_by_role("article").filter(has_text="Transforming streaming data")
    card.get_by_role("button", name=re.compile("launch", re.I)).click()
    expect(status(page)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)


def status(page: Page) -> Locator:
    """The session's status."""
    return page.get_by_test_id("session-status")


def step(page: Page, step_id: str) -> Locator:
    """A step in the list."""
    return page.get_by_test_id(f"step-{step_id}")


def run(
    page: Page, step_id: str, *, button: str = "run", state: str = "passed", seconds: float = 60
) -> None:
    """Open a step, press its button, and wait for what comes of it."""
    open_step(page, step_id)
    row = step(page, step_id)
    before = row.get_attribute("data-run") or ""
    page.get_by_test_id(button).click()
    # A step that had passed says so until the new run is there.
    expect(row).not_to_have_attribute("data-run", before)
    expect(row).to_have_attribute("data-state", state, timeout=seconds * 1000)


def answer(page: Page, step_id: str, text: str, *, state: str) -> Locator:
    """Answer a question, and wait for what comes of it; the open step."""
    open_step(page, step_id)
    page.get_by_test_id("answer").fill(text)
    run(page, step_id, state=state)
    return page.get_by_test_id("step")


def open_step(page: Page, step_id: str) -> None:
    """Open a step."""
    link = step(page, step_id).get_by_role("link")
    link.click()
    expect(link).to_have_attribute("aria-current", "step")


def open_tab(page: Page, name: str) -> Locator:
    """Open a tab; its panel."""
    page.get_by_test_id(f"tab-{name}").click()
    panel = page.get_by_test_id(f"panel-{name}")
    expect(panel).to_be_visible()
    return panel


def save_file(page: Page, path: str, text: str) -> None:
    """Choose one of the lab's files in the Code tab, and give it another text."""
    panel = open_tab(page, "code")
    chooser = panel.get_by_test_id("code-file")
    option = chooser.locator("option").filter(has_text=path)
    chooser.select_option(value=option.get_attribute("value"))
    panel.get_by_label(path).fill(text)
    panel.get_by_test_id("code-save").locator("visible=true").click()
    expect(panel).to_contain_text(re.compile("saved", re.I))


def choose(page: Page, test_id: str) -> None:
    """Choose something of the session's menu."""
    page.get_by_test_id("session-menu").click()
    page.get_by_test_id(test_id).click()


def tear_down(page: Page) -> None:
    """Tear the cluster down, and say yes."""
    choose(page, "tear-down")
    page.get_by_test_id("tear-down-confirm").click()
    expect(status(page)).to_have_attribute("data-status", "ended", timeout=30_000)


def in_portal(portal: Portal, code: str) -> None:
    """Do something to its rows, as its workers would."""
    port = int(portal.address.rpartition(":")[2])
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=ROOT,
        env=environment(portal.var, port),
        check=True,
        timeout=120,
    )
