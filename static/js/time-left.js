/** `<time-left minutes="58">`: counts down between the server's own words on it. */
class TimeLeft extends HTMLElement {
  static observedAttributes = ["minutes"];

  connectedCallback() {
    this.timer = setInterval(() => this.tell(), 5000);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  attributeChangedCallback() {
    this.ends = performance.now() + Number(this.getAttribute("minutes")) * 60_000;
    this.tell();
  }

  tell() {
    const minutes = Math.max(0, Math.round((this.ends - performance.now()) / 60_000));
    // One hour is told in minutes, as the server tells it.
    const hours = minutes > 60 ? Math.floor(minutes / 60) : 0;
    const rest = String(minutes % 60).padStart(2, "0");
    const text = hours ? `${hours} h ${rest} min left` : `${minutes} min left`;
    if (this.textContent !== text) this.textContent = text;
  }
}

customElements.define("time-left", TimeLeft);
