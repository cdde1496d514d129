// @ts-check
/**
 * `<wire-live stream="wire:12">`: a connection that is open. Every piece shows as it goes and
 * comes, with its time; a clock says how long nobody has said anything; a line that is typed goes
 * at Enter. Once it is over the server's own view takes its place.
 */
import { liveSocket } from "./live-socket.js";
import { element } from "./text-nodes.js";
import { decode, linesOf } from "./wire-bytes.js";

const SECOND = 1000;
const MOST_ROWS = 1000;
const TOGETHER = 0.02;

/** @typedef {{ n: number, kind: string, at: number, text: string, how: string }} Piece */

class WireLive extends HTMLElement {
  connectedCallback() {
    this.rows = /** @type {HTMLElement} */ (this.querySelector("[data-rows]"));
    this.said = /** @type {HTMLFormElement | null} */ (this.querySelector("[data-say]"));
    this.stream = this.getAttribute("stream") ?? "";
    this.onRestart();
    this.querySelector("[data-hang-up]")?.addEventListener("click", this.onHangUp);
    this.said?.addEventListener("submit", this.onSay);
    this.timer = setInterval(this.tick, SECOND);
    this.tick();
    liveSocket().follow(this.stream, this);
  }

  disconnectedCallback() {
    liveSocket().unfollow(this.stream ?? "", this);
    clearInterval(this.timer);
    this.querySelector("[data-hang-up]")?.removeEventListener("click", this.onHangUp);
    this.said?.removeEventListener("submit", this.onSay);
  }

  onRestart() {
    this.rows?.replaceChildren();
    this.last = { kind: "", at: 0 };
    this.heard = Date.now();
    this.size = { sent: 0, got: 0 };
  }

  /** @param {any[]} entries */
  onEntries(entries) {
    if (!this.rows) return;
    const isAtEnd = this.rows.scrollHeight - this.rows.scrollTop - this.rows.clientHeight < 40;
    for (const entry of entries) this.take(entry);
    while (this.rows.childElementCount > MOST_ROWS) this.rows.firstElementChild?.remove();
    if (isAtEnd) this.rows.scrollTop = this.rows.scrollHeight;
    this.tick();
  }

  /** @param {string} text */
  onRefused(text) {
    this.rows?.append(element("p", "wire-told", text));
  }

  /** @param {Piece} piece */
  take(piece) {
    this.heard = Date.now();
    if (piece.kind === "ended") return this.end();
    this.state("open", "ready");
    if (piece.kind === "connected")
      return this.rows?.append(element("p", "wire-told", `Connected after ${(piece.at * SECOND).toFixed(1)} ms.`));
    const bytes = decode(piece.text);
    if (this.size) this.size[piece.kind === "sent" ? "sent" : "got"] += bytes.length;
    this.show(piece, bytes);
  }

  /**
   * @param {Piece} piece
   * @param {Uint8Array} bytes
   */
  show(piece, bytes) {
    const last = this.last ?? { kind: "", at: 0 };
    const isSame = last.kind === piece.kind && piece.at - last.at < TOGETHER;
    this.last = piece;
    let text = isSame ? this.rows?.lastElementChild?.querySelector("pre") : undefined;
    if (!text) {
      const row = element("div", piece.kind === "sent" ? "wire-row is-sent" : "wire-row");
      const way = element("span", "wire-way", piece.kind === "sent" ? "→" : "←");
      way.setAttribute("role", "img");
      way.setAttribute("aria-label", piece.kind === "sent" ? "sent" : "came");
      text = element("pre");
      row.append(element("span", "wire-at", `${piece.at.toFixed(3)} s`), way, text);
      this.rows?.append(row);
    }
    for (const line of linesOf(bytes)) {
      text.append(line.text);
      if (line.mark) text.append(element("span", "mark", line.mark), "\n");
    }
  }

  /**
   * @param {string} text
   * @param {string} status
   */
  state(text, status) {
    const badge = /** @type {HTMLElement | null} */ (this.querySelector("[data-state]"));
    if (!badge || badge.textContent === text) return;
    badge.textContent = text;
    badge.dataset.status = status;
  }

  tick = () => {
    const clock = this.querySelector("[data-clock]");
    if (!clock) return;
    const began = Number(this.dataset.began) * SECOND;
    const open = Math.max(0, Math.round((Date.now() - began) / SECOND));
    const quiet = Math.round((Date.now() - (this.heard ?? began)) / SECOND);
    const { sent = 0, got = 0 } = this.size ?? {};
    const waits = quiet >= 2 ? ` · quiet for ${Math.min(quiet, open)} s` : "";
    clock.textContent = `${open} s · ${sent} bytes sent, ${got} came${waits}`;
  };

  /** It is over: the row knows all of it by now. */
  end() {
    this.state("over", "ended");
    clearInterval(this.timer);
    if (!this.isConnected || this.isOver) return;
    this.isOver = true;
    /** @type {any} */ (window).htmx.ajax("GET", this.dataset.url, { target: "#wire-list", swap: "morph:innerHTML" });
  }

  onHangUp = async (/** @type {Event} */ event) => {
    const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
    button.disabled = true;
    const isDone = await this.post(button.dataset.hangUp ?? "", new FormData());
    button.disabled = false;
    // A connection that nobody held any more has no end to tell.
    if (isDone) setTimeout(() => this.end(), 3 * SECOND);
  };

  /** One line at a time, in the order in which they were typed.
      @param {SubmitEvent} event */
  onSay = (event) => {
    event.preventDefault();
    event.stopPropagation();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const line = /** @type {HTMLInputElement} */ (form.elements.namedItem("line"));
    const body = new FormData(form);
    line.value = "";
    line.focus();
    this.sending = (this.sending ?? Promise.resolve()).then(async () => {
      if (!(await this.post(form.dataset.say ?? "", body)) && !line.value) line.value = String(body.get("line"));
    });
  };

  /**
   * @param {string} url
   * @param {FormData} body
   */
  async post(url, body) {
    const token = /** @type {HTMLInputElement | null} */ (this.querySelector('[name="csrfmiddlewaretoken"]'));
    body.set("csrfmiddlewaretoken", token?.value ?? "");
    try {
      const reply = await fetch(url, { method: "POST", body });
      if (reply.ok) return this.trouble("");
      const { error = `The portal refused that (${reply.status}).` } = await reply.json().catch(() => ({}));
      return this.trouble(error);
    } catch {
      return this.trouble("The portal can’t be reached. Try again in a moment.");
    }
  }

  /** @param {string} text */
  trouble(text) {
    const place = /** @type {HTMLElement | null} */ (this.querySelector("[data-trouble]"));
    if (place) {
      place.textContent = text;
      place.hidden = !text;
    }
    return !text;
  }
}

customElements.define("wire-live", WireLive);
