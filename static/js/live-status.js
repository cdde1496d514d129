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
    const { status } = liveSocket();
    this.dataset.state = status;
    this.querySelector(".live-text").textContent = status;
  };
}

customElements.define("live-status", LiveStatus);
