/** `<rate-chart>`: how many events came in each second of the last minute, as bars. */
import { number } from "./text-nodes.js";

const SECONDS = 60;
const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 24;

class RateChart extends HTMLElement {
  connectedCallback() {
    this.counts = new Map();
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${SECONDS * 3} ${HEIGHT}`);
    this.svg.setAttribute("aria-hidden", "true");
    this.bars = Array.from({ length: SECONDS }, (_, index) => {
      const bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("x", index * 3);
      bar.setAttribute("width", 2);
      bar.append(document.createElementNS(SVG, "title"));
      this.svg.append(bar);
      return bar;
    });
    this.label = document.createElement("span");
    this.label.className = "small muted";
    this.replaceChildren(this.svg, this.label);
    this.timer = setInterval(() => this.draw(), 1000);
    this.draw();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  reset() {
    this.counts?.clear();
  }

  /** A record of that time, in seconds since the epoch. */
  add(at) {
    const second = Math.floor(at);
    this.newest = Math.max(this.newest ?? 0, second);
    if (second < this.newest - SECONDS) return;
    this.counts.set(second, (this.counts.get(second) ?? 0) + 1);
    if (this.counts.size > 4 * SECONDS) this.forget();
  }

  forget() {
    for (const second of this.counts.keys()) {
      if (second < this.newest - SECONDS) this.counts.delete(second);
    }
  }

  draw() {
    if (!this.checkVisibility()) return;
    // By the browser's clock, unless the cluster's is ahead of it.
    const now = Math.max(Math.floor(Date.now() / 1000), Math.min(this.newest ?? 0, Date.now() / 1000 + 5));
    const counts = this.bars.map((_, index) => this.counts.get(Math.floor(now) - SECONDS + 1 + index) ?? 0);
    const most = Math.max(1, ...counts);
    for (const [index, bar] of this.bars.entries()) {
      const height = counts[index] ? Math.max(2, (counts[index] / most) * HEIGHT) : 0;
      bar.setAttribute("height", height);
      bar.setAttribute("y", HEIGHT - height);
      const ago = SECONDS - 1 - index;
      bar.firstChild.textContent = `${number(counts[index])} a second, ${ago} s ago`;
    }
    const total = counts.reduce((sum, count) => sum + count, 0);
    this.label.textContent = total
      ? `${number(total)} in the last minute, at most ${number(most)} a second`
      : "none in the last minute";
  }
}

customElements.define("rate-chart", RateChart);
