// @ts-check
/**
 * `<scrub-view>`: a session's moments on one line of time. A slider says how far; below it is what had
 * come last by then, and the code as it was.
 */
import { codeAt, lastBy, nextOf, upTo } from "./scrub-places.js";
import { clock, element } from "./text-nodes.js";

/** @typedef {import("./scrub-places.js").Moment} Moment */

const SHOWN = 16;
const WIDTH = 1000;
const FORWARD = ["ArrowRight", "ArrowUp"];
const BACK = ["ArrowLeft", "ArrowDown"];

class ScrubView extends HTMLElement {
  /** @type {Moment[]} */
  moments = [];
  /** @type {Set<string>} Those that are shown. */
  kinds = new Set();
  from = 0;
  span = 1;
  range = document.createElement("input");
  /** Where one is. */
  place = -1;
  /** The file that is shown. */
  path = "";

  connectedCallback() {
    const data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("scrub-data")).textContent ?? "");
    this.moments = data.moments;
    const times = this.moments.map((each) => each[0]);
    this.from = Math.min(data.began, times[0]);
    this.span = Math.max(1, Math.max(data.ended, times[times.length - 1]) - this.from);
    this.kinds = new Set(this.moments.map((each) => each[1]));
    this.range = /** @type {HTMLInputElement} */ (this.querySelector("[data-at]"));
    this.range.addEventListener("input", this.onDrag);
    this.range.addEventListener("keydown", this.onKey);
    this.addEventListener("click", this.onClick);
    this.drawTicks();
    this.go(this.moments.length - 1);
  }

  /** @param {string} name */
  piece(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-${name}]`));
  }

  /** How far along the line a time is, from 0 to 1000. @param {number} at */
  along(at) {
    return ((at - this.from) / this.span) * WIDTH;
  }

  drawTicks() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-kind]"))) {
      const own = this.moments.filter((each) => each[1] === button.dataset.kind);
      const places = new Set(own.map((each) => this.along(each[0]).toFixed(1)));
      const path = this.querySelector(`[data-ticks="${button.dataset.kind}"] path`);
      path?.setAttribute("d", [...places].map((each) => `M${each} 0V10`).join(""));
      /** @type {HTMLElement} */ (button.querySelector("[data-count]")).textContent = String(own.length);
    }
  }

  onDrag = () => {
    const at = this.from + (Number(this.range.value) / WIDTH) * this.span;
    this.place = lastBy(this.moments, at);
    this.show(at);
  };

  onKey = (/** @type {KeyboardEvent} */ event) => {
    const by = FORWARD.includes(event.key) ? 1 : BACK.includes(event.key) ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    this.go(nextOf(this.moments, this.place, this.kinds, by));
  };

  onClick = (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button) return;
    const { by, kind, path, place } = button.dataset;
    if (by) this.go(nextOf(this.moments, this.place, this.kinds, by === "1" ? 1 : -1));
    else if (place) this.go(Number(place));
    else if (path) {
      this.path = path;
      this.showCode();
    } else if (kind) {
      const isShown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(isShown));
      if (isShown) this.kinds.add(kind);
      else this.kinds.delete(kind);
      this.showStory();
    }
  };

  /** @param {number} place */
  go(place) {
    this.place = place;
    const at = place < 0 ? this.from : this.moments[place][0];
    this.range.value = String(this.along(at));
    this.show(at);
  }

  /** @param {number} at */
  show(at) {
    this.piece("now").textContent = clock(at);
    const last = this.moments[this.place];
    this.range.setAttribute("aria-valuetext", last ? `${clock(at)}, ${last[2]}` : clock(at));
    this.showStory();
    this.showCode();
  }

  showStory() {
    const found = upTo(this.moments, this.place, this.kinds, SHOWN);
    this.piece("story").replaceChildren(...found.map(([place, moment]) => this.row(place, moment)));
  }

  /** @param {number} place @param {Moment} moment */
  row(place, [at, kind, source, text, tone]) {
    const row = element("li", "scrub-moment");
    row.dataset.kind = kind;
    if (tone) row.dataset.tone = tone;
    if (place === this.place) row.setAttribute("aria-current", "true");
    const time = element("button", "quiet scrub-time", clock(at));
    time.type = "button";
    time.dataset.place = String(place);
    const words = kind === "code" ? "saved" : text;
    row.append(time, element("b", "", source), element("span", "scrub-text", words));
    return row;
  }

  showCode() {
    const files = codeAt(this.moments, this.place);
    const paths = [...files.keys()];
    const last = this.moments[this.place];
    if (last?.[1] === "code") this.path = last[2];
    if (!files.has(this.path)) this.path = paths[0] ?? "";
    this.piece("files").replaceChildren(
      ...paths.map((path) => {
        const button = element("button", "quiet", path);
        button.type = "button";
        button.dataset.path = path;
        button.setAttribute("aria-pressed", String(path === this.path));
        return button;
      }),
    );
    this.piece("code").textContent = files.get(this.path)?.[3] ?? "There was no file yet.";
  }
}

customElements.define("scrub-view", ScrubView);
