// @ts-check
/**
 * `<pane-divider name="step" resizes=".step-pane" label="Width of the step">`: a line between two
 * panes that can be dragged, or moved by the arrow keys. Enter, Home or a double click take the
 * usual size again. The size is kept in this browser.
 */
const LEAST = 160;
const STEP = 24;
const KEPT = "panes";

/** @returns {Record<string, number>} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

class PaneDivider extends HTMLElement {
  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute("role", "separator");
    this.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.setAttribute("aria-valuemin", String(LEAST));
    this.addEventListener("pointerdown", this.onGrab);
    this.addEventListener("pointermove", this.onMove);
    this.addEventListener("keydown", this.onKey);
    this.addEventListener("focus", this.tell);
    this.addEventListener("dblclick", this.reset);
    this.tell();
  }

  disconnectedCallback() {
    this.removeEventListener("pointerdown", this.onGrab);
    this.removeEventListener("pointermove", this.onMove);
    this.removeEventListener("keydown", this.onKey);
    this.removeEventListener("focus", this.tell);
    this.removeEventListener("dblclick", this.reset);
  }

  /** Whether it stands upright, between panes that are side by side. */
  get isUpright() {
    return this.offsetHeight > this.offsetWidth;
  }

  /** Whether the page runs from right to left. */
  get isTurned() {
    return getComputedStyle(this).direction === "rtl";
  }

  get pane() {
    return /** @type {HTMLElement} */ (this.parentElement?.querySelector(this.getAttribute("resizes") ?? ""));
  }

  /** How large the pane is, and how large it may be. */
  get sizes() {
    const pane = this.pane?.getBoundingClientRect();
    const whole = this.parentElement?.getBoundingClientRect();
    if (!pane || !whole) return { now: 0, most: 0 };
    return this.isUpright
      ? { now: pane.width, most: (this.isTurned ? pane.right - whole.left : whole.right - pane.left) - LEAST }
      : { now: pane.height, most: whole.bottom - pane.top - LEAST };
  }

  tell = () => {
    const { now, most } = this.sizes;
    this.setAttribute("aria-orientation", this.isUpright ? "vertical" : "horizontal");
    this.setAttribute("aria-valuenow", String(Math.round(now)));
    this.setAttribute("aria-valuemax", String(Math.max(LEAST, Math.round(most))));
  };

  /** @param {number} size In pixels. */
  resize(size) {
    const fits = Math.round(Math.max(LEAST, Math.min(size, this.sizes.most)));
    const name = this.getAttribute("name") ?? "";
    document.documentElement.style.setProperty(`--pane-${name}`, `${fits}px`);
    this.keep({ ...kept(), [name]: fits });
    this.tell();
  }

  reset = () => {
    const name = this.getAttribute("name") ?? "";
    document.documentElement.style.removeProperty(`--pane-${name}`);
    const { [name]: _, ...others } = kept();
    this.keep(others);
    this.tell();
  };

  /** @param {Record<string, number>} sizes */
  keep(sizes) {
    try {
      localStorage.setItem(KEPT, JSON.stringify(sizes));
    } catch {
      // Then it lasts as long as the page.
    }
  }

  /** @param {PointerEvent} event */
  onGrab = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    this.setPointerCapture(event.pointerId);
  };

  /** @param {PointerEvent} event */
  onMove = (event) => {
    if (!this.hasPointerCapture(event.pointerId)) return;
    const pane = this.pane.getBoundingClientRect();
    const across = this.isTurned ? pane.right - event.clientX : event.clientX - pane.left;
    this.resize(this.isUpright ? across : event.clientY - pane.top);
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    const across = this.isTurned ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    const [less, more] = this.isUpright ? across : ["ArrowUp", "ArrowDown"];
    if (event.key === less) this.resize(this.sizes.now - STEP);
    else if (event.key === more) this.resize(this.sizes.now + STEP);
    else if (event.key === "Home" || event.key === "Enter") this.reset();
    else return;
    event.preventDefault();
  };
}

customElements.define("pane-divider", PaneDivider);
