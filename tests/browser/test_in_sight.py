"""Week 10 by somebody who never scrolls: what is done next is in sight, on a phone and a laptop."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.actions import launch, log_in, step, tear_down
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
SIZES: tuple[ViewportSize, ...] = ({"width": 360, "height": 740}, {"width": 1366, "height": 768})
WAY = (
    *(("topic", "run", "passed"), ("serve", "run", "serving"), ("call", "call-0", "passed")),
    *(("read", "run", "passed"), ("serve-extended", "run", "serving")),
    *(("call-extended", "call-1", "passed"), ("read-extended", "run", "passed")),
    *(("extract", "run", "passed"), ("telnet", "run", "passed"), ("stop", "run", "passed")),
)
"""Steps, the button that does each, and what it comes to; questions between are passed over."""


@pytest.fixture(params=SIZES, ids=lambda size: f"{size['width']}")
def page_of_size(
    request: pytest.FixtureRequest, browser: Browser, portal: Portal
) -> Iterator[Page]:
    """A session that is ready, in a window of that size."""
    context = browser.new_context(viewport=request.param, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    page = context.new_page()
    log_in(page, portal, "student")
    launch(page)
    yield page
    tear_down(page)
    context.close()


def press(button: Locator) -> None:
    """Press what is in sight, where it is: nothing is scrolled for it, and nothing lies over it."""
    expect(button).to_be_in_viewport(ratio=0.9)
    box = button.bounding_box()
    assert box is not None
    button.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_each_step_of_week_10_is_done_by_what_is_in_sight(page_of_size: Page) -> None:
    page = page_of_size
    title = page.locator("#step-title")
    for step_id, button, state in WAY:
        while page.get_by_test_id("step").get_attribute("data-step") != step_id:
            before = title.inner_text()
            press(page.get_by_test_id("next"))
            expect(title).not_to_have_text(before)
        expect(title).to_be_in_viewport()
        press(page.get_by_test_id(button))
        expect(step(page, step_id)).to_have_attribute("data-state", state, timeout=90_000)
        expect(page.locator(".step-result")).to_be_in_viewport(ratio=0.5)
        selected = page.locator(".tabs [role=tab][aria-selected=true]")
        expect(selected).to_be_in_viewport(ratio=0.9)
