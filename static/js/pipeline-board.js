/** `<pipeline-board data-url>`: the board, fetched anew every few seconds while it is in view. */
import { keepWhatPeopleDo } from "./morph-rules.js";

const EVERY = 3000;

class PipelineBoard extends HTMLElement {
  connectedCallback() {
    document.addEventListener("DOMContentLoaded", keepWhatPeopleDo, { once: true });
    document.addEventListener("visibilitychange", this.ask);
    this.timer = setInterval(this.ask, EVERY);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.ask);
    clearInterval(this.timer);
  }

  ask = async () => {
    if (document.hidden || this.isAsking) return;
    this.isAsking = true;
    try {
      const answer = await fetch(this.dataset.url);
      if (answer.status === 200 && !answer.redirected) {
        window.Idiomorph.morph(this, await answer.text(), { morphStyle: "innerHTML" });
      }
    } catch {
      // The portal is away; the clock asks again.
    } finally {
      this.isAsking = false;
    }
  };
}

customElements.define("pipeline-board", PipelineBoard);
