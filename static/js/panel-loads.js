// @ts-check
/**
 * Tables and bytes that a panel fetches when it is opened, and again when a run has come or ended:
 * not in between, since somebody may be reading a later page of them. A panel in whose fields
 * somebody types is left as it is until they leave those.
 */
export class PanelLoads {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Set<string>} */
    this.waiting = new Set();
  }

  /** @param {string} tab One that is in sight. */
  load(tab) {
    /** @type {HTMLElement | null} */
    const panel = this.root.querySelector(`[data-panel="${tab}"] [data-load]`);
    if (!panel || panel.dataset.loaded === this.runs) return;
    const field = document.activeElement;
    if (field?.matches("input, select, textarea") && panel.contains(field)) {
      this.waiting.add(tab);
      panel.addEventListener("focusout", this.onLeft, { once: true });
      return;
    }
    panel.dataset.loaded = this.runs;
    /** @type {any} */ (window).htmx.trigger(panel, "load-panel");
  }

  // The next element has the focus only after this event.
  onLeft = () =>
    setTimeout(() => {
      const waiting = [...this.waiting];
      this.waiting.clear();
      for (const tab of waiting) this.load(tab);
    });

  /** Every step's newest run and its state, as one word. */
  get runs() {
    /** @type {HTMLElement[]} */
    const rows = [...this.root.querySelectorAll(".steps-row")].map((row) => /** @type {HTMLElement} */ (row));
    return rows.map(({ dataset }) => `${dataset.run}${dataset.state}`).join();
  }
}
