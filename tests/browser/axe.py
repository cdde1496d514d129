"""What axe says of a page, as far as a program can tell: WCAG 2.2 AA."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text()
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
BEGINS, ENDS = "axe begins to look", "axe has looked"
"""Said in the console: what axe tries between the two is not the page's doing."""
PATIENCE_MS = 3000
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
"""What a theme decides; of all else axe says the same in both."""
RUN = f"""async (only) => {{
  // A page that is not painted any more has no frame, and its transitions no end.
  const late = () => new Promise((resolve) => setTimeout(resolve, {PATIENCE_MS}));
  const painted = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const frame = () => Promise.race([painted(), late()]);
  await frame();
  await frame();
  // A theme that was changed in place comes by and by: colours half way are nobody's.
  const comings = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.race([Promise.allSettled(comings.map((each) => each.finished)), late()]);
  console.error("{BEGINS}");
  const found = await axe.run(document, {{runOnly: only}});
  console.error("{ENDS}");
  return found.violations.map((each) =>
    `${{each.id}}: ${{each.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(" | ")}}`);
}}"""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (320, 360, 640, 1920)
"""Besides the one at which axe looks. A window of 1280 has the first at 400 %, where no page may
need two ways of scrolling (WCAG 1.4.10)."""


def beside_axe(errors: list[str]) -> list[str]:
    """A console's errors without those of axe itself, which may come a moment late."""
    found, own, looks = [], set(), False
    for each in errors:
        if each in (BEGINS, ENDS):
            looks = each == BEGINS
        elif looks:
            own.add(each)
        else:
            found.append(each)
    return [each for each in found if each not in own]


def as_it_is(page: Page) -> list[str]:
    """What axe says of a page as somebody has it before them, in both themes."""
    page.evaluate(AXE)
    found: list[str] = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        said = page.evaluate(RUN, RULES if theme == THEMES[0] else CONTRAST)
        found += [f"{theme}: {each}" for each in said]
    page.emulate_media(color_scheme="null")
    return found


def problems(page: Page, url: str) -> list[str]:
    """What axe says of a page in both themes, and whether it is wider than the window."""
    page.set_viewport_size({"width": 1024, "height": 800})
    page.goto(url)
    page.wait_for_load_state("load")
    if page.locator("gap-meter").count():
        page.get_by_test_id("gap").locator("summary").click()
    found = as_it_is(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than the window at {width}")
    return found
