/**
 * `<run-progress elapsed="3.2" usual="6">`: how long something has taken beside what it usually
 * takes. The server tells `elapsed`; the element counts on from there, so clocks need not agree.
 * Past the usual time the bar measures nothing any more: it only says that something goes on.
 */
import { elapsedWords } from "./progress-words.js";

class RunProgress extends HTMLElement {
  static observedAttributes = ["elapsed"];

  connectedCallback() {
    this.bar = document.createElement("progress");
    this.bar.setAttribute("aria-label", "Elapsed, of the usual time");
    this.text = document.createElement("span");
    this.text.className = "run-progress-text";
    this.replaceChildren(this.bar, this.text);
    this.timer = setInterval(() => this.tell(), 100);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  attributeChangedCallback() {
    this.since = performance.now() - Number(this.getAttribute("elapsed")) * 1000;
    if (this.bar) this.tell();
  }

  tell() {
    const seconds = Math.max(0, (performance.now() - this.since) / 1000);
    const usual = Number(this.getAttribute("usual"));
    const isLate = usual > 0 && seconds > usual;
    if (isLate) {
      this.bar.removeAttribute("value");
    } else if (usual) {
      this.bar.max = usual;
      this.bar.value = seconds;
    }
    this.bar.hidden = !usual;
    this.classList.toggle("is-late", isLate);
    this.text.textContent = elapsedWords(seconds, usual);
  }
}

customElements.define("run-progress", RunProgress);
