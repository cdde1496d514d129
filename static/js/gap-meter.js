/**
 * `<gap-meter data-url data-streams="log:mids topic:events:0">`: what of all calls came how far.
 * The server counts and judges; this asks it again soon after anything has come, and once more
 * when what was under way must have arrived.
 */
import { liveSocket } from "./live-socket.js";

const SOON = 400;
const SETTLED = 3500;
const SELDOM = 15_000;

class GapMeter extends HTMLElement {
  connectedCallback() {
    this.viewer = { onEntries: this.onNews, onRestart: this.onNews, onRefused() {} };
    for (const stream of this.streams) liveSocket().follow(stream, this.viewer);
    liveSocket().addEventListener("state", this.onNews);
    document.addEventListener("visibilitychange", this.onNews);
    this.timer = setInterval(() => this.ask(), SELDOM);
    this.ask();
  }

  disconnectedCallback() {
    for (const stream of this.streams) liveSocket().unfollow(stream, this.viewer);
    liveSocket().removeEventListener("state", this.onNews);
    document.removeEventListener("visibilitychange", this.onNews);
    clearInterval(this.timer);
    clearTimeout(this.soon);
    clearTimeout(this.settled);
  }

  get streams() {
    return new Set(this.dataset.streams.split(" ").filter(Boolean));
  }

  onNews = () => {
    this.soon ??= setTimeout(() => this.ask(), SOON);
    clearTimeout(this.settled);
    this.settled = setTimeout(() => this.ask(), SETTLED);
  };

  async ask() {
    clearTimeout(this.soon);
    this.soon = undefined;
    if (document.hidden || this.isAsking) return;
    this.isAsking = true;
    try {
      const answer = await fetch(this.dataset.url, { headers: { "X-Requested-With": "fetch" } });
      // Redirected: the login has run out, and the page itself says so.
      if (answer.status === 200 && !answer.redirected) this.show(await answer.text());
    } catch {
      // The portal is away; the next news or the clock asks again.
    } finally {
      this.isAsking = false;
    }
  }

  show(html) {
    if (html === this.shown) return;
    this.shown = html;
    window.Idiomorph.morph(this, html, { morphStyle: "innerHTML" });
  }
}

customElements.define("gap-meter", GapMeter);
