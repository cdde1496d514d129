// @ts-check
/**
 * `<rate-chart>`: how many events came in each second of the last minute, as bars with their axes.
 * The pointer or the arrow keys choose a second, which is told in words; all are in a table, too.
 */
import { axisEnd, moved, Rates, SECONDS } from "./rate-scale.js";
import { clock, element, number } from "./text-nodes.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = SECONDS * 3;
const HEIGHT = 24;

/** @param {string} name
 * @param {Record<string, string | number>} attributes */
function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

class RateChart extends HTMLElement {
  rates = new Rates();
  /** @type {number | undefined} The second that somebody looks at, by how long ago it was. */
  ago;
  /** The browser tells by itself; to ask it each second would have it lay out the page. */
  isInSight = false;

  connectedCallback() {
    this.plot = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", tabindex: 0 });
    for (const [name, value] of Object.entries({
      role: "slider",
      "aria-label": "Events a second, in the last minute",
      "aria-valuemin": String(1 - SECONDS),
      "aria-valuemax": "0",
    })) {
      this.plot.setAttribute(name, value);
    }
    this.bars = Array.from({ length: SECONDS }, (_, index) => drawn("rect", { x: index * 3, width: 2 }));
    this.line = drawn("rect", { class: "rate-chosen", width: 3, height: HEIGHT, y: 0 });
    this.plot.append(this.line, ...this.bars);
    this.top = element("span", "rate-top", "");
    this.label = element("span", "rate-says", "");
    this.replaceChildren(this.top, this.plot, element("span", "rate-zero", "0"), ...this.below(), this.label);
    this.append(...this.withTable());
    this.listen();
    this.timer = setInterval(() => this.draw(), 1000);
    this.sight = new IntersectionObserver((changes) => {
      this.isInSight = Boolean(changes.at(-1)?.isIntersecting);
      this.draw();
    });
    this.sight.observe(this);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.sight?.disconnect();
  }

  /** The axis of time. */
  below() {
    return ["60 s ago", "30 s ago", "now"].map((words) => element("span", "rate-time", words));
  }

  withTable() {
    const button = /** @type {HTMLButtonElement} */ (element("button", "quiet rate-button", "Table"));
    button.type = "button";
    this.table = element("div", "rate-table", "");
    this.table.popover = "auto";
    button.popoverTargetElement = this.table;
    this.table.addEventListener("beforetoggle", () => this.fill());
    return [button, this.table];
  }

  listen() {
    const { plot } = this;
    if (!plot) return;
    plot.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect();
      const index = Math.floor(((clientX - left) / width) * SECONDS);
      this.choose(SECONDS - 1 - Math.min(SECONDS - 1, Math.max(0, index)));
    });
    plot.addEventListener("pointerleave", () => this.choose(undefined));
    plot.addEventListener("focus", () => this.choose(this.ago ?? 0));
    plot.addEventListener("blur", () => this.choose(undefined));
    plot.addEventListener("keydown", (event) => {
      const ago = moved(this.ago, event.key);
      if (ago === undefined) return;
      event.preventDefault();
      this.choose(ago);
    });
  }

  reset() {
    this.rates.reset();
  }

  /** @param {number} at A record's time, in seconds since the epoch. */
  add(at) {
    this.rates.add(at);
  }

  /** @param {number | undefined} ago */
  choose(ago) {
    this.ago = ago;
    this.draw();
  }

  draw() {
    if (!this.isInSight || !this.plot || !this.bars || !this.line || !this.label || !this.top) return;
    const end = this.rates.end(Date.now() / 1000);
    const counts = this.rates.minute(end);
    const most = Math.max(0, ...counts);
    const top = axisEnd(most);
    for (const [index, bar] of this.bars.entries()) {
      const height = counts[index] ? Math.max(2, (counts[index] / top) * HEIGHT) : 0;
      bar.setAttribute("height", String(height));
      bar.setAttribute("y", String(HEIGHT - height));
    }
    this.top.textContent = `${number(top)}/s`;
    const chosen = this.ago === undefined ? "" : this.told(counts, end, this.ago);
    this.line.toggleAttribute("hidden", !chosen);
    this.line.setAttribute("x", String((SECONDS - 1 - (this.ago ?? 0)) * 3 - 0.5));
    this.plot.setAttribute("aria-valuenow", String(-(this.ago ?? 0)));
    this.plot.setAttribute("aria-valuetext", chosen || this.told(counts, end, 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    this.label.textContent =
      chosen || (total ? `${number(total)} in a minute, at most ${number(most)} a second` : "none in the last minute");
  }

  /**
   * @param {number[]} counts
   * @param {number} end
   * @param {number} ago
   */
  told(counts, end, ago) {
    const time = clock(end - ago).slice(0, 8);
    return `${number(counts[SECONDS - 1 - ago])} at ${time}, ${ago ? `${ago} s ago` : "now"}`;
  }

  /** Seconds without any event are left out. */
  fill() {
    const end = this.rates.end(Date.now() / 1000);
    const rows = this.rates.minute(end).flatMap((count, index) => {
      if (!count) return [];
      const row = element("tr", "", "");
      row.append(element("td", "", clock(end - SECONDS + 1 + index).slice(0, 8)), element("td", "", number(count)));
      return [row];
    });
    const head = element("tr", "", "");
    head.append(element("th", "", "Second"), element("th", "", "Events"));
    const table = element("table", "data-table", "");
    table.append(
      element("caption", "", rows.length ? "The last minute" : "No event in the last minute"),
      head,
      ...rows,
    );
    this.table?.replaceChildren(table);
  }
}

customElements.define("rate-chart", RateChart);
