"""A film of what somebody does on a page: an animated WebP, small enough for a README."""

import base64
from dataclasses import replace
from itertools import pairwise
from typing import Any

from playwright.sync_api import Locator, Page

from tests.pictures.animated import Frame, put_together

FRAMES_A_SECOND = 4
MOST_MS = 1_200
"""A page that stands still does so no longer than this."""
LAST_MS = 4_000
QUALITY = 0.5
"""Of a frame that would be larger without loss; small ones are smaller, and sharp."""
READ_MS = 500
POINTER = """() => document.addEventListener("DOMContentLoaded", () => {
  const dot = document.createElement("div");
  Object.assign(dot.style, { position: "fixed", zIndex: 99, width: "18px", height: "18px",
    margin: "-9px 0 0 -9px", borderRadius: "50%", background: "rgb(220 80 20 / 55%)",
    border: "2px solid white", pointerEvents: "none", left: "-50px", top: "-50px" });
  document.body.append(dot);
  document.addEventListener("mousemove", (event) => {
    dot.style.left = `${event.clientX}px`;
    dot.style.top = `${event.clientY}px`;
  });
})"""
CHANGED = """async ([one, other, quality]) => {
  const pixels = async (text) => {
    const image = new Image();
    image.src = `data:image/png;base64,${text}`;
    await image.decode();
    const drawn = new OffscreenCanvas(image.width, image.height).getContext("2d", { alpha: false });
    drawn.drawImage(image, 0, 0);
    return drawn.getImageData(0, 0, image.width, image.height);
  };
  const after = await pixels(other);
  let [left, top, right, bottom] = [0, 0, after.width, after.height];
  if (one) {
    const before = new Uint32Array((await pixels(one)).data.buffer);
    const now = new Uint32Array(after.data.buffer);
    [left, top, right, bottom] = [after.width, after.height, 0, 0];
    for (let at = 0; at < now.length; at += 1) {
      if (now[at] === before[at]) continue;
      const [x, y] = [at % after.width, Math.floor(at / after.width)];
      left = Math.min(left, x & ~1);
      top = Math.min(top, y & ~1);
      right = Math.max(right, x + 1);
      bottom = Math.max(bottom, y + 1);
    }
    if (right <= left) return null;
  }
  const part = new OffscreenCanvas(right - left, bottom - top);
  part.getContext("2d", { alpha: false }).putImageData(after, -left, -top);
  const made = (quality) => part.convertToBlob({ type: "image/webp", quality });
  const [sharp, small] = [await made(1), await made(quality)];
  const still = sharp.size < small.size ? sharp : small;
  const bytes = new Uint8Array(await still.arrayBuffer());
  let text = "";
  for (const each of bytes) text += String.fromCharCode(each);
  return { still: btoa(text), left, top, width: right - left, height: bottom - top };
}"""


class Film:
    """What a page shows from now on, until `end`."""

    def __init__(self, page: Page):
        self.page = page
        self.shots: dict[int, tuple[float, str]] = {}
        """The last of each moment: when, and a PNG."""
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.on("Page.screencastFrame", self._keep)
        self.cdp.send("Page.startScreencast", {"format": "png"})

    def _keep(self, shot: dict[str, Any]) -> None:
        at = shot["metadata"]["timestamp"]
        self.shots[int(at * FRAMES_A_SECOND)] = at, shot["data"]
        self.cdp.send("Page.screencastFrameAck", {"sessionId": shot["sessionId"]})

    def click(self, place: Locator) -> None:
        """As a person does: go there, look, press, look."""
        place.scroll_into_view_if_needed()
        box = place.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
        self.page.wait_for_timeout(READ_MS)
        place.click()
        self.page.wait_for_timeout(READ_MS)

    def end(self, studio: Page) -> bytes:
        """The film; an empty page is where its frames are made."""
        self.cdp.send("Page.stopScreencast")
        shots = [shot for _, shot in sorted(self.shots.items())]
        stays = [min(MOST_MS, round(1000 * (b - a))) for (a, _), (b, _) in pairwise(shots)]
        frames: list[Frame] = []
        before = ""
        for (_, shot), stay in zip(shots, [*stays, LAST_MS], strict=True):
            part = studio.evaluate(CHANGED, [before, shot, QUALITY])
            before = shot
            if part is None:
                frames[-1] = replace(frames[-1], milliseconds=frames[-1].milliseconds + stay)
            else:
                still = base64.b64decode(part.pop("still"))
                frames.append(Frame(still, **part, milliseconds=stay))
        return put_together(frames[0].width, frames[0].height, frames)
