"""What axe says of a page, as far as a program can tell: WCAG 2.2 AA."""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  return found.violations.map((each) =>
    `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(" | ")}`);
}"""
WIDTHS = (360, 1920)
"""Besides the one at which axe looks, which is between them."""


def problems(page: Page, url: str) -> list[str]:
    """What axe says of a page, and whether it is wider than the window."""
    page.set_viewport_size({"width": 1024, "height": 800})
    page.goto(url)
    page.wait_for_load_state("load")
    if page.locator("gap-meter").count():
        page.get_by_test_id("gap").locator("summary").click()
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, RULES)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than the window at {width}")
    return found
