"""Every part of the pages looks as it did, by pictures of the style guide.

Those that changed on purpose are taken anew by this module's tests with PICTURES=new.
"""

import base64
import json
import mimetypes
import os
from pathlib import Path

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
LOOKS = {
    "wide-light": {"width": 1280, "color_scheme": "light"},
    "wide-dark": {"width": 1280, "color_scheme": "dark"},
    "narrow-dark": {"width": 360, "color_scheme": "dark"},
    "forced": {"width": 768, "forced_colors": "active"},
}


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
    width = LOOKS[name]["width"]
    more = {key: value for key, value in LOOKS[name].items() if key != "width"}
    viewport = {"width": width, "height": 800}
    context = browser.new_context(viewport=viewport, reduced_motion="reduce", **more)  # type: ignore[arg-type]
    page = context.new_page()
    page.route(f"{SITE}**", serve)
    page.goto(SITE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(AXE)
    assert page.evaluate(RUN, RULES) == []
    if not fits(page, browser):
        pytest.skip("The pictures were taken with other fonts, or another Chromium.")
    shown = page.screenshot(full_page=True, animations="disabled")
    kept = PICTURES / f"{name}.png"
    if os.environ.get("PICTURES") == "new":
        kept.write_bytes(shown)
    differs = page.evaluate(DIFFERENCE, [as_text(kept.read_bytes()), as_text(shown)])
    if differs > TOLERANCE:
        (PICTURES / f"{name}.new.png").write_bytes(shown)
    context.close()
    assert differs <= TOLERANCE, (
        f"{differs:.1%} of {name}.png differs; see {name}.new.png beside it"
    )
