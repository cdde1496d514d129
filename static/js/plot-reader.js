// @ts-check
/**
 * `<plot-reader>`: a plot that tells what its marks are. Each mark (`[data-says]`) that the pointer
 * is at, or that arrow keys choose while `[data-plot]` has the focus, is told in `[data-told]`.
 * The plot is a picture of bars side by side, or a table with a bar in each row.
 */
import { nearest, stepped } from "./plot-steps.js";

class PlotReader extends HTMLElement {
  /** @type {number | undefined} The mark that somebody looks at. */
  at;
  /** What is told while nobody looks at one. */
  usual = "";

  connectedCallback() {
    this.prepare();
    this.addEventListener("pointermove", this.onPointer);
    this.addEventListener("pointerdown", this.onPointer);
    this.addEventListener("pointerleave", this.onLeave);
    this.addEventListener("focusin", this.onFocus);
    this.addEventListener("focusout", this.onLeave);
    this.addEventListener("keydown", this.onKey);
    // What is there was replaced in place by what is newer.
    this.watch = new MutationObserver(() => {
      this.prepare();
      if (this.at !== undefined) this.choose(this.at);
    });
    this.watch.observe(this, { attributeFilter: ["data-says", "role"], childList: true, subtree: true });
  }

  /** The server gives a picture: only this can be gone through by keys. */
  prepare() {
    const { plot, marks } = this;
    if (!(plot instanceof SVGElement) || !marks.length || plot.getAttribute("role") === "slider") return;
    plot.setAttribute("role", "slider");
    plot.setAttribute("tabindex", "0");
    plot.setAttribute("aria-valuemin", "1");
    plot.setAttribute("aria-valuemax", String(marks.length));
    this.value(plot, this.at ?? 0);
  }

  disconnectedCallback() {
    this.watch?.disconnect();
    this.removeEventListener("pointermove", this.onPointer);
    this.removeEventListener("pointerdown", this.onPointer);
    this.removeEventListener("pointerleave", this.onLeave);
    this.removeEventListener("focusin", this.onFocus);
    this.removeEventListener("focusout", this.onLeave);
    this.removeEventListener("keydown", this.onKey);
  }

  get plot() {
    return this.querySelector("[data-plot]");
  }

  get marks() {
    return [...this.querySelectorAll("[data-says]")];
  }

  get isTable() {
    return !(this.plot instanceof SVGElement);
  }

  onPointer = (/** @type {PointerEvent} */ event) => {
    if (!(event.target instanceof Element) || !this.plot?.contains(event.target)) return;
    const middles = this.marks.map((mark) => {
      const { top, left, width, height } = mark.getBoundingClientRect();
      return this.isTable ? top + height / 2 : left + width / 2;
    });
    if (middles.length) this.choose(nearest(middles, this.isTable ? event.clientY : event.clientX));
  };

  onFocus = (/** @type {FocusEvent} */ event) => {
    if (event.target === this.plot) this.choose(this.at ?? 0);
  };

  /** Who has chosen by keys goes on to see it when the pointer leaves. */
  onLeave = (/** @type {Event} */ event) => {
    if (event.type === "pointerleave" && document.activeElement === this.plot) return;
    this.choose(undefined);
  };

  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.target !== this.plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = stepped(this.at, event.key, this.marks.length, this.isTable);
    if (at === undefined || at < 0) return;
    event.preventDefault();
    this.choose(at);
    if (this.isTable) this.marks[at].scrollIntoView({ block: "nearest" });
  };

  /** @param {number | undefined} at */
  choose(at) {
    const { marks, plot } = this;
    const told = this.querySelector("[data-told]");
    if (!told) return;
    if (this.at === undefined) this.usual = told.textContent;
    this.at = at === undefined || !marks.length ? undefined : Math.min(at, marks.length - 1);
    for (const [index, mark] of marks.entries()) mark.toggleAttribute("data-chosen", index === this.at);
    const words = this.at === undefined ? this.usual : (marks[this.at].getAttribute("data-says") ?? "");
    if (told.textContent !== words) told.textContent = words;
    if (plot instanceof SVGElement && this.at !== undefined) this.value(plot, this.at);
  }

  /** @param {SVGElement} plot
   * @param {number} at */
  value(plot, at) {
    plot.setAttribute("aria-valuenow", String(at + 1));
    plot.setAttribute("aria-valuetext", this.marks[at]?.getAttribute("data-says") ?? "");
  }
}

customElements.define("plot-reader", PlotReader);
