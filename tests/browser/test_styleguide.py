"""Every part of the pages looks as it did, by pictures of the style guide.

Those that changed on purpose are taken anew by this module's tests with PICTURES=new.
"""

import base64
import json
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route

from portal import styleguide
from tests.browser.axe import AXE, RULES, RUN
from tests.portal_process import ROOT

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).with_name("pictures")
SITE = "http://guide.test/"
TOLERANCE = 0.0003
"""The share of pixels that may differ by more than 48 of 255 in a colour: less than a button."""
FONTS = """() => ["sans", "mono"].map((name) => {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.font = `100px var(--${name})`;
  Object.assign(probe.style, { position: "absolute", whiteSpace: "nowrap" });
  probe.textContent = "Sluice: 0123456789";
  const { width } = probe.getBoundingClientRect();
  probe.remove();
  return Math.round(width);
})"""
DIFFERENCE = """async (pair) => {
  const [one, other] = await Promise.all(pair.map(async (text) => {
    const image = new Image();
    image.src = `data:image/png;base64,${text}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const drawn = canvas.getContext("2d");
    drawn.drawImage(image, 0, 0);
    return drawn.getImageData(0, 0, image.width, image.height);
  }));
  if (one.width !== other.width || one.height !== other.height) return 1;
  let differs = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    const by = (part) => Math.abs(one.data[at + part] - other.data[at + part]);
    if ([0, 1, 2].some((part) => by(part) > 48)) differs += 1;
  }
  return differs / (one.data.length / 4);
}"""
WIDTHS = (360, 768, 1280, 1920)
TURN = "document.documentElement.dir = 'rtl'"
AT_REST = """() => document.getAnimations().every((each) =>
  each.playState !== "running" || !(each.timeline instanceof DocumentTimeline))"""


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody has the page before them. `change` is a script that is run in it."""

    width: int = 1280
    theme: str = "light"
    colours: str = "none"
    zoom: int = 1
    change: str = ""

    @property
    def context(self) -> dict[str, Any]:
        """What a browser is told of it: a page that is zoomed has fewer, larger pixels."""
        return {
            "viewport": {"width": self.width // self.zoom, "height": 800 // self.zoom},
            "device_scale_factor": self.zoom,
            "color_scheme": self.theme,
            "forced_colors": self.colours,
            "reduced_motion": "reduce",
        }


LOOKS = {
    **{f"{width}-{theme}": Look(width, theme) for width in WIDTHS for theme in ("light", "dark")},
    "forced": Look(768, colours="active"),
    "forced-dark": Look(768, "dark", colours="active"),
    "zoomed": Look(zoom=2),
    "right-to-left": Look(change=TURN),
    "right-to-left-narrow": Look(360, change=TURN),
}
KEPT = (
    "360-dark",
    "768-light",
    "1280-light",
    "1280-dark",
    "1920-light",
    "forced",
    "zoomed",
    "right-to-left",
)
"""Those whose pictures are compared; of the others only what can be told without one."""


def serve(route: Route) -> None:
    """The page, and its files from the disk."""
    path = route.request.url.removeprefix(SITE).partition("?")[0]
    if not path:
        page = render_to_string("styleguide.html", styleguide.samples())
        route.fulfill(body=page, content_type="text/html; charset=utf-8")
        return
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    route.fulfill(body=(ROOT / path).read_bytes(), content_type=kind)


def as_text(picture: bytes) -> str:
    """As a page takes it."""
    return base64.b64encode(picture).decode()


def fits(page: Page, browser: Browser) -> bool:
    """Whether the pictures were taken with these fonts, and this Chromium."""
    made_by = [*page.evaluate(FONTS), browser.version.partition(".")[0]]
    noted = PICTURES / "made-by.json"
    if os.environ.get("PICTURES") == "new":
        PICTURES.mkdir(exist_ok=True)
        noted.write_text(json.dumps(made_by) + "\n")
    return bool(json.loads(noted.read_text()) == made_by)


@pytest.mark.parametrize("name", LOOKS)
def test_every_part_looks_as_it_did_and_axe_finds_nothing(browser: Browser, name: str) -> None:
    """At every width, in both themes, enlarged, and from right to left; nothing moves by itself."""
    look = LOOKS[name]
    context = browser.new_context(**look.context)
    page = context.new_page()
    page.route(f"{SITE}**", serve)
    page.goto(SITE)
    if look.change:
        page.evaluate(look.change)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.wait_for_function(AT_REST, timeout=2_000)
    page.evaluate(AXE)
    assert page.evaluate(RUN, RULES) == []
    if name in KEPT:
        compare(page, browser, name)
    context.close()


def compare(page: Page, browser: Browser, name: str) -> None:
    """Hold the page against its picture, or take that anew."""
    if not fits(page, browser):
        pytest.skip("The pictures were taken with other fonts, or another Chromium.")
    shown = page.screenshot(full_page=True, animations="disabled", scale="css")
    kept = PICTURES / f"{name}.png"
    if os.environ.get("PICTURES") == "new":
        kept.write_bytes(shown)
    differs = page.evaluate(DIFFERENCE, [as_text(kept.read_bytes()), as_text(shown)])
    if differs > TOLERANCE:
        (PICTURES / f"{name}.new.png").write_bytes(shown)
    assert differs <= TOLERANCE, (
        f"{differs:.1%} of {name}.png differs; see {name}.new.png beside it"
    )
