// @ts-check
/** The diagram of traces in its place: of all or of one alone, as wide as it is zoomed. */
import { element, number } from "./text-nodes.js";
import { draw } from "./trace-drawing.js";
import { spoken } from "./trace-scale.js";
import { LANES } from "./trace-story.js";

/** @typedef {import("./trace-story.js").TraceRequest} TraceRequest */

const STEP = 1.6;
const MOST_ZOOM = 60;
/** Pixels. */
const NEAR = 6;

export class TracePicture {
  zoom = 1;
  isAlone = false;
  /** That of the canvas when it was last drawn, in pixels. */
  width = 0;

  /**
   * @param {HTMLElement} canvas
   * @param {HTMLElement} span Says how long what is shown lasted.
   * @param {NodeListOf<HTMLButtonElement>} buttons What zooms.
   */
  constructor(canvas, span, buttons) {
    this.canvas = canvas;
    this.span = span;
    this.buttons = buttons;
  }

  /**
   * @param {TraceRequest[]} requests
   * @param {TraceRequest | undefined} chosen
   * @param {Record<string, string>} flow What the lanes are called in this lab.
   */
  show(requests, chosen, flow) {
    const isAlone = this.isAlone && chosen;
    const shown = isAlone ? [chosen] : requests;
    if (!shown.length || !this.canvas.clientWidth) return;
    this.width = this.canvas.clientWidth;
    const options = {
      width: this.width,
      zoom: this.zoom,
      selected: chosen?.id ?? "",
      labels: laneLabels(flow),
    };
    const { drawn, labels, scale } = draw(shown, options);
    this.place(drawn, labels, shown.length);
    const lasted = spoken(scale.end - scale.begin);
    this.span.textContent = isAlone ? `One request, ${lasted}` : `${number(shown.length)} requests in ${lasted}`;
    for (const button of this.buttons) {
      const name = button.dataset.zoom;
      if (name === "one" || name === "all")
        button.setAttribute("aria-pressed", String((name === "one") === Boolean(isAlone)));
      if (name === "one") button.disabled = !chosen;
    }
  }

  /**
   * @param {SVGElement} drawn
   * @param {Element} labels
   * @param {number} count
   */
  place(drawn, labels, count) {
    const scroll = /** @type {HTMLElement | null} */ (this.canvas.querySelector(".trace-wide"));
    const wide = scroll ?? element("div", "trace-wide");
    wide.tabIndex = 0;
    wide.setAttribute("role", "group");
    wide.setAttribute(
      "aria-label",
      `Space-time diagram of ${count} requests. Arrows choose one, plus and minus zoom, Enter shows it alone. The table says the same.`,
    );
    wide.replaceChildren(drawn);
    if (scroll) this.canvas.querySelector(".trace-labels")?.replaceWith(labels);
    else this.canvas.replaceChildren(labels, wide);
  }

  /** Nothing of it stays on the page. */
  putAway() {
    this.width = 0;
    this.canvas.replaceChildren();
  }

  /** @param {string} how */
  zoomTo(how) {
    if (how === "one" || how === "all") {
      this.isAlone = how === "one";
      this.zoom = 1;
    }
    if (how === "in") this.zoom = Math.min(MOST_ZOOM, this.zoom * STEP);
    if (how === "out") this.zoom = Math.max(1, this.zoom / STEP);
  }

  /** The request whose line was pressed, or is nearest to the press and near enough to be meant.
      @param {MouseEvent} press */
  near({ target, clientX, clientY }) {
    const of = (/** @type {Element | null} */ at) => {
      const found = /** @type {SVGElement | null | undefined} */ (at?.closest(".trace-request"));
      return found?.dataset.id;
    };
    let id = of(/** @type {Element} */ (target));
    for (let away = 1; !id && away <= NEAR; away += 1) {
      for (const turn of [0, 1, 2, 3]) {
        const [dx, dy] = [Math.sign(1.5 - turn) * away, turn % 2 ? away : -away];
        id ??= of(document.elementFromPoint(clientX + dx, clientY + dy));
      }
    }
    return id;
  }

  /** Scroll the diagram to what is chosen. */
  bringIntoSight() {
    const chosen = /** @type {SVGGraphicsElement | null} */ (this.canvas.querySelector(".trace-request.is-chosen"));
    const wide = /** @type {HTMLElement | null} */ (this.canvas.querySelector(".trace-wide"));
    if (chosen && wide) wide.scrollLeft = chosen.getBBox().x - wide.clientWidth / 3;
  }
}

/** @param {Record<string, string>} flow */
function laneLabels({ server = "server", broker = "Kafka", table = "table" }) {
  const names = ["curl", server, "producer", broker, "reader", table];
  return Object.fromEntries(LANES.map((lane, index) => [lane, names[index]]));
}
