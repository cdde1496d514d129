"""A page whose reader has set letters of twice the size: is anything cut, or in the way?"""

from pathlib import Path

from playwright.sync_api import Page

TWICE = {"standard": 32, "fixed": 26}
"""Pixels of a browser's own letters; it begins with 16 and 13."""
WINDOW = (1280, 800)
LOOK = Path(__file__).with_suffix(".js").read_text()


def problems(page: Page) -> list[str]:
    """What is cut off or overlaps on a page that is open, once its letters are twice as large."""
    width, height = WINDOW
    page.set_viewport_size({"width": width, "height": height})
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.setFontSizes", {"fontSizes": TWICE})
    grown = "parseFloat(getComputedStyle(document.documentElement).fontSize) > 16"
    page.wait_for_function(grown)
    found: list[str] = page.evaluate(LOOK)
    devtools.detach()
    return [f"letters of 200 %: {each}" for each in found]
