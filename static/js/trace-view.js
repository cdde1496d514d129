// @ts-check
/**
 * `<trace-view data-url data-find data-streams>`: what became of each request, as a diagram and as
 * a table. It asks while it is in sight, soon after something has come.
 */
import { afterPaint } from "./after-paint.js";
import { liveSocket } from "./live-socket.js";
import { element, number } from "./text-nodes.js";
import { fates } from "./trace-fates.js";
import { offerTraces, traceOf } from "./trace-links.js";
import { TracePicture } from "./trace-picture.js";
import { goToRecord, goToRow } from "./trace-places.js";
import { table } from "./trace-table.js";

/** @typedef {import("./trace-story.js").TraceRequest} TraceRequest */
/** @typedef {import("./trace-story.js").TraceCall} TraceCall */
/** @typedef {{ requests: TraceRequest[], without: TraceCall[], left_out: number, lost: number, unmarked: number,
 *   is_on: boolean,
 *   flow: Record<string, string> }} Told */

const SOON = 400;
const SETTLED = 3500;
const SELDOM = 10_000;
/** Of the time, as little is spent on asking and drawing: both grow with what there is. */
const SHARE = 1 / 10;
/** Milliseconds that a press may wait for what it shows. */
const HEAVY = 100;
offerTraces();

class TraceView extends HTMLElement {
  /** @type {Told | undefined} */
  told;
  tag = "";
  chosen = "";
  /** A fate that alone is shown. */
  only = "";
  isWhole = false;
  /** Milliseconds from the last question until its answer was painted. */
  cost = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  soon;

  connectedCallback() {
    /** @type {NodeListOf<HTMLButtonElement>} */
    const buttons = this.querySelectorAll("[data-zoom]");
    this.picture = new TracePicture(this.piece("canvas"), this.piece("span"), buttons);
    this.viewer = { onEntries: this.onNews, onRestart: this.onNews, onRefused() {} };
    for (const stream of this.streams) liveSocket().follow(stream, this.viewer);
    liveSocket().addEventListener("state", this.onNews);
    document.addEventListener("visibilitychange", this.onNews);
    document.addEventListener("tab:shown", this.onShown);
    window.addEventListener("hashchange", this.onAddress);
    this.addEventListener("click", this.onClick);
    this.addEventListener("keydown", this.onKey);
    this.timer = setInterval(() => this.ask(), SELDOM);
    this.sized = new ResizeObserver(() => this.onSize());
    this.sized.observe(this.piece("canvas"));
    this.onAddress();
    this.ask();
  }

  disconnectedCallback() {
    for (const stream of this.streams) liveSocket().unfollow(stream, /** @type {any} */ (this.viewer));
    liveSocket().removeEventListener("state", this.onNews);
    document.removeEventListener("visibilitychange", this.onNews);
    document.removeEventListener("tab:shown", this.onShown);
    window.removeEventListener("hashchange", this.onAddress);
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("keydown", this.onKey);
    clearInterval(this.timer);
    clearTimeout(this.soon);
    clearTimeout(this.settled);
    this.sized?.disconnect();
  }

  get streams() {
    return new Set((this.dataset.streams ?? "").split(" ").filter(Boolean));
  }

  /** @param {string} name @returns {HTMLElement} */
  piece(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-${name}]`));
  }

  get isInSight() {
    const panel = /** @type {HTMLElement | null} */ (this.closest("[data-panel]"));
    return !document.hidden && !panel?.hidden;
  }

  // What there is.

  onNews = () => {
    this.soon ??= setTimeout(() => this.ask(), Math.max(SOON, this.cost / SHARE));
    clearTimeout(this.settled);
    this.settled = setTimeout(() => this.ask(), SETTLED);
  };

  onShown = () =>
    afterPaint(() => {
      if (!this.isInSight && this.cost > HEAVY) this.putAway();
      this.ask();
    });

  /** To lay a large picture out again would hold up whoever comes back to it: it is drawn anew, a moment later. */
  putAway() {
    this.tag = "";
    this.picture?.putAway();
    this.piece("list").replaceChildren();
  }

  async ask() {
    clearTimeout(this.soon);
    this.soon = undefined;
    if (!this.isInSight || this.isAsking) return;
    this.isAsking = true;
    const began = performance.now();
    try {
      const answer = await fetch(`${this.dataset.url}?have=${this.tag}`, { headers: { "X-Requested-With": "fetch" } });
      if (answer.status === 200 && !answer.redirected) {
        this.told = await answer.json();
        this.tag = answer.headers.get("X-Content-Tag") ?? "";
        this.show();
        requestAnimationFrame(() => setTimeout(() => (this.cost = performance.now() - began)));
      }
    } catch {
      // The portal is away; the next news or the clock asks again.
    } finally {
      this.isAsking = false;
    }
  }

  /** @returns {TraceRequest[]} */
  get requests() {
    const all = this.told?.requests ?? [];
    return this.only ? all.filter((each) => each.fate === this.only) : all;
  }

  get request() {
    return this.told?.requests.find((each) => each.id === this.chosen);
  }

  show() {
    const { told } = this;
    if (!told) return;
    const isEmpty = !told.requests.length && !told.without.length;
    this.piece("empty").hidden = !isEmpty;
    this.piece("list").hidden = isEmpty;
    this.piece("picture").hidden = !told.requests.length;
    this.tellFates(told);
    this.tellCounts(told);
    this.showPicture();
    // A task of its own: a hand need not wait for both.
    afterPaint(() => this.showList());
  }

  /** @param {Told} told */
  tellFates(told) {
    if (!told.requests.some((each) => each.fate === this.only)) this.only = "";
    this.piece("fates").replaceChildren(...fates(told.requests, this.only));
  }

  /** @param {Told} told */
  tellCounts(told) {
    const said = [];
    if (!told.is_on) said.push("Tracing is off: what comes now is known by order alone.");
    if (told.without.length) said.push(`${number(told.without.length)} calls by order alone.`);
    if (told.unmarked) said.push(`${number(told.unmarked)} of the topic’s records have no mark: by order alone.`);
    if (told.left_out) said.push("Older requests are not shown.");
    if (told.lost) said.push(`${number(told.lost)} notes were lost in a flood.`);
    this.piece("summary").textContent = said.join(" ");
  }

  showPicture() {
    this.picture?.show(this.requests, this.request, this.told?.flow ?? {});
  }

  showList() {
    const list = this.piece("list");
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.choose;
    const without = this.only ? [] : (this.told?.without ?? []);
    list.replaceChildren(table(this.requests, without, this.chosen, this.isWhole));
    if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-choose="${focused}"]`))?.focus();
  }

  /** A picture that was out of sight is as it was, and need not be drawn anew. */
  onSize() {
    const width = this.piece("canvas").clientWidth;
    if (this.isInSight && width && width !== this.picture?.width) this.showPicture();
  }

  // Choosing one.

  /** @param {string} id */
  async choose(id, { isSeen = false } = {}) {
    this.chosen = id;
    this.showPicture();
    for (const button of this.querySelectorAll("[data-choose]")) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.choose === id));
    }
    if (!id) {
      this.piece("one").hidden = true;
      return;
    }
    try {
      const answer = await fetch(`${this.dataset.url}${id}/`, { headers: { "X-Requested-With": "fetch" } });
      if (this.chosen !== id) return;
      const one = this.piece("one");
      one.hidden = false;
      if (answer.ok && !answer.redirected) {
        const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
        one.replaceChildren(...shown.body.childNodes);
        if (isSeen) one.scrollIntoView({ block: "nearest" });
      } else one.replaceChildren(element("p", "callout", "This trace is not kept any more."));
      this.piece("announce").textContent = this.request?.says ?? "";
    } catch {
      // The portal is away: choosing it again asks again.
    }
  }

  /** The address names a trace, or a line or a record whose trace is wanted. */
  onAddress = async () => {
    const { hash } = location;
    const trace = await traceOf(hash, this.dataset.find ?? "");
    if (trace === undefined) return;
    await customElements.whenDefined("tab-set");
    /** @type {any} */ (this.closest("tab-set"))?.select("trace", true);
    if (trace) {
      this.only = "";
      await this.ask();
      await this.choose(trace, { isSeen: true });
      return;
    }
    this.piece("one").hidden = false;
    const words =
      "No trace proves where this came from. What is known of it is by order: see where a row came from, in the Results.";
    this.piece("one").replaceChildren(element("p", "callout", words));
  };

  // What people do.

  onClick = (/** @type {MouseEvent} */ event) => {
    const at = /** @type {Element} */ (event.target);
    const get = (/** @type {string} */ what) => /** @type {HTMLElement | null} */ (at.closest(what));
    const request = get(".trace-svg") ? this.picture?.near(event) : get("[data-choose]")?.dataset.choose;
    if (request) this.choose(request);
    const fate = get("[data-fate]")?.dataset.fate;
    if (fate) {
      this.only = this.only === fate ? "" : fate;
      if (this.picture) this.picture.isAlone = false;
      this.show();
    }
    if (get("[data-whole]")) {
      this.isWhole = true;
      this.showList();
    }
    const zoom = get("[data-zoom]")?.dataset.zoom;
    if (zoom) this.zoomTo(zoom);
    const record = get("[data-event]");
    const row = get("[data-row]");
    if ((record || row) && !event.ctrlKey && !event.metaKey) event.preventDefault();
    if (record) goToRecord(record.dataset.event ?? "");
    if (row) goToRow(/** @type {HTMLAnchorElement} */ (row));
  };

  /** @param {string} how */
  zoomTo(how) {
    this.picture?.zoomTo(how);
    this.showPicture();
    this.picture?.bringIntoSight();
  }

  onKey = (/** @type {KeyboardEvent} */ event) => {
    const at = /** @type {Element} */ (event.target);
    if (!at.closest(".trace-wide") || event.ctrlKey || event.metaKey || event.altKey) return;
    const { requests } = this;
    const index = requests.findIndex((each) => each.id === this.chosen);
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowRight: () => this.step(index < 0 ? 0 : index + 1),
      ArrowLeft: () => this.step(index < 0 ? requests.length - 1 : index - 1),
      Home: () => this.step(0),
      End: () => this.step(requests.length - 1),
      "+": () => this.zoomTo("in"),
      "-": () => this.zoomTo("out"),
      Enter: () => this.zoomTo(this.picture?.isAlone ? "all" : "one"),
      Escape: () => this.zoomTo("all"),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  };

  /** @param {number} index */
  step(index) {
    const next = this.requests[index];
    if (next) this.choose(next.id).then(() => this.picture?.bringIntoSight());
  }
}

customElements.define("trace-view", TraceView);
