// @ts-check
/**
 * `<asked-again data-url>`: a fragment of the page, asked for again every two seconds while it is in
 * sight. Asking is what keeps read in the cluster what it shows.
 */
const EVERY = 2000;

class AskedAgain extends HTMLElement {
  /** What is shown, as it came. */
  shown = "";

  connectedCallback() {
    this.timer = setInterval(() => this.ask(), EVERY);
    document.addEventListener("tab:shown", this.onShown);
    this.ask();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    document.removeEventListener("tab:shown", this.onShown);
  }

  onShown = () => this.ask();

  async ask() {
    if (document.hidden || !this.offsetParent || this.isAsking) return;
    this.isAsking = true;
    try {
      const response = await fetch(/** @type {string} */ (this.dataset.url));
      const text = await response.text();
      if (response.ok && text !== this.shown) {
        this.shown = text;
        const { Idiomorph, htmx } = /** @type {any} */ (window);
        Idiomorph.morph(this, text, { morphStyle: "innerHTML" });
        htmx.process(this);
      }
    } catch {
      // The next look may find the portal again; what is there stays meanwhile.
    } finally {
      this.isAsking = false;
    }
  }
}

customElements.define("asked-again", AskedAgain);
