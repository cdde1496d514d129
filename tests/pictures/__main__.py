"""`python -m tests.pictures`: do week 10 in a browser, and take the README's pictures of it."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.actions import (
    LAUNCH_MS,
    launch,
    log_in,
    open_step,
    open_tab,
    run,
    status,
    step,
    tear_down,
)
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.pictures.film import POINTER, READ_MS, Film
from tests.portal_process import ROOT, Portal, environment, free_port, start, stop

PICTURES = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1366, "height": 860}
FILM_SIZE: ViewportSize = {"width": 1200, "height": 675}
FILM_BYTES = 2_000_000
FILMED = (
    ("topic", "run", "passed"),
    ("serve", "run", "serving"),
    ("call", "call-random", "passed"),
    ("read", "run", "passed"),
    ("serve-extended", "run", "serving"),
    ("call-extended", "call-random", "passed"),
    ("extract", "run", "passed"),
)
"""Each step, its button, and what comes of it."""
POPULATE = "from tests.pictures.rows import populate; populate()"
expect.set_options(timeout=60_000)


def main() -> None:
    """Take all of them, of a portal of its own."""
    os.environ.setdefault("SLUICE_PARTS", str(ROOT / "var" / "parts"))
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        var, port = Path(folder), free_port()
        portal = start(var, port)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                of_a_session(page_of(browser, portal, "student"))
                film(browser, portal)
                of_a_class(page_of(browser, portal, "instructor"), portal, environment(var, port))
        finally:
            stop(portal)


def page_of(browser: Browser, portal: Portal, username: str, size: ViewportSize = SIZE) -> Page:
    """A page of somebody's login."""
    page = browser.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
    log_in(page, portal, username)
    return page


def of_a_session(page: Page) -> None:
    """Old and new events beside their step, on a phone as well, and what Spark makes of them."""
    launch(page)
    page.get_by_test_id("tour-not").click()
    run(page, "topic")
    run(page, "serve", state="serving")
    run(page, "call", button="call-random")
    run(page, "read")
    run(page, "serve-extended", state="serving")
    run(page, "call-extended", button="call-random")
    open_tab(page, "events")
    expect(page.get_by_test_id("gap-says")).to_have_text("nothing lost")
    take(page, "session")
    page.set_viewport_size({"width": 390, "height": 780})
    page.get_by_test_id("sheet").click()
    take(page, "phone")
    page.set_viewport_size(SIZE)
    open_step(page, "extract")
    run(page, "extract", seconds=180)
    expect(open_tab(page, "results")).to_contain_text("purchase_sword")
    expect(page.get_by_test_id("gap-says")).to_have_text("nothing lost")
    take(page, "results")
    tear_down(page)


def film(browser: Browser, portal: Portal) -> None:
    """From *Launch* to the table that Spark makes of new events, as a student sees it."""
    page = page_of(browser, portal, "student2", FILM_SIZE)
    page.add_init_script(f"({POINTER})()")
    page.reload()
    film = Film(page)
    card = page.get_by_role("article").filter(has_text="Transforming streaming data")
    film.click(card.get_by_role("button", name=re.compile("launch", re.I)))
    expect(status(page)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)
    film.click(page.get_by_test_id("tour-not"))
    for step_id, button, state in FILMED:
        film.click(step(page, step_id).get_by_role("link"))
        film.click(page.get_by_test_id(button))
        expect(step(page, step_id)).to_have_attribute("data-state", state, timeout=180_000)
        page.wait_for_timeout(READ_MS)
    expect(open_tab(page, "results")).to_contain_text("purchase_sword")
    page.wait_for_timeout(2 * READ_MS)
    made = film.end(browser.new_page())
    (PICTURES / "demo.webp").write_bytes(made)
    print(f"demo.webp, {len(made) / 1e6:.1f} MB", flush=True)
    assert len(made) < FILM_BYTES
    tear_down(page)


def of_a_class(page: Page, portal: Portal, env: dict[str, str]) -> None:
    """Who is where, and who has the same error."""
    manage = [sys.executable, "manage.py", "shell", "-v0", "-c", POPULATE]
    subprocess.run(manage, cwd=ROOT, env=env, check=True)
    page.goto(f"{portal.address}/classes/1/?view=pipelines")
    expect(page.get_by_test_id("board-row").first).to_be_visible()
    take(page, "class")


def take(page: Page, name: str) -> None:
    """Keep a picture of what is to be seen."""
    page.mouse.move(0, 0)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
    print(f"{name}.png", flush=True)


if __name__ == "__main__":
    main()
