"""Every page, in both themes and at three widths: axe finds nothing, and nothing sticks out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.actions import launch, log_in, tear_down
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  return found.violations.map((each) =>
    `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(" | ")}`);
}"""
WIDTHS = (360, 1024, 1920)
OF_EVERYBODY = (
    "/",
    "/labs/week10/",
    "/sessions/",
    "/classes/",
    "/join/",
    "/password/",
    "/nonesuch/",
)
PAGES = {
    "": ("/login/", "/guest/NONESUCH/", "/password/x/x/"),
    "student": (*OF_EVERYBODY, "{session}", "{session}history/"),
    "instructor": (*OF_EVERYBODY, "/classes/1/", "/classes/1/people/", "{session}"),
    "admin": (
        "/admin/catalog/labversion/1/preview/",
        "/admin/catalog/labversion/1/changes/",
        "/admin/catalog/lab/import/",
    ),
}


@pytest.fixture(scope="module")
def session(browser: Browser, portal: Portal) -> Iterator[str]:
    """The address of a session that is up."""
    page = browser.new_context().new_page()
    log_in(page, portal, "student")
    launch(page)
    page.get_by_test_id("run-all").wait_for()
    yield page.url.split("?")[0].removeprefix(portal.address)
    tear_down(page)
    page.context.close()


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """Both of them."""
    return str(request.param)


@pytest.mark.parametrize("who", PAGES)
def test_axe_finds_nothing(
    browser: Browser, portal: Portal, session: str, who: str, theme: str
) -> None:
    """WCAG 2.2 AA as far as a program can tell, on every page that somebody can reach."""
    context = browser.new_context(color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    if who:
        log_in(page, portal, who)
    wrong = [
        f"{address} at {width}: {each}"
        for address in PAGES[who]
        for width in WIDTHS
        for each in problems(page, portal.address + address.format(session=session), width)
    ]
    context.close()
    assert wrong == []


def problems(page: Page, url: str, width: int) -> list[str]:
    """What axe says of a page, and whether it is wider than the window."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(url)
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if width != WIDTHS[1]:
        return ["wider than the window"] if is_wide else []
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, RULES)
    return found + (["wider than the window"] if is_wide else [])
