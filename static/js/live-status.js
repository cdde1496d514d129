// @ts-check
/** `<live-status>`: a chip that says whether what the page shows is live. */
import { liveSocket } from "./live-socket.js";

class LiveStatus extends HTMLElement {
  connectedCallback() {
    liveSocket().addEventListener("status", this.tell);
    this.tell();
  }

  disconnectedCallback() {
    liveSocket().removeEventListener("status", this.tell);
  }

  tell = () => {
    const { status, reason } = liveSocket();
    const isRefused = status === "refused";
    this.dataset.state = isRefused ? "offline" : status;
    const text = this.querySelector(".live-text");
    if (text) text.textContent = isRefused ? `not live: ${reason}` : status;
  };
}

customElements.define("live-status", LiveStatus);
