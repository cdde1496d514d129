// @ts-check
/**
 * `<asked-again data-url>`: a fragment of the page, asked for again every two seconds while it is in
 * sight. Asking is what keeps read in the cluster what it shows.
 */
const EVERY = 2000;

class AskedAgain extends HTMLElement {
  /** What is shown, as it came. */
  shown = "";

  /** The browser tells by itself; to ask it each time would have it lay out the page. */
  isInSight = false;

  connectedCallback() {
    this.timer = setInterval(() => this.ask(), EVERY);
    this.observer = new IntersectionObserver((changes) => {
      this.isInSight = Boolean(changes.at(-1)?.isIntersecting);
      this.ask();
    });
    this.observer.observe(this);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.observer?.disconnect();
  }

  async ask() {
    if (document.hidden || !this.isInSight || this.isAsking) return;
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
