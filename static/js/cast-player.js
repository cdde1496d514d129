// @ts-check
/** `<cast-player data-url>`: plays what terminals have shown. Begins when its dialog is opened. */
import { asTime, parseCast, sizeOf } from "./asciicast.js";
import { TerminalView } from "./terminal-view.js";
import { title } from "./terminal-words.js";
import { clock, element } from "./text-nodes.js";
import { loadXterm } from "./xterm.js";

/** @typedef {{ service: string, name: string, began: number, url: string }} Recording */

const EVERY = 40;

class CastPlayer extends HTMLElement {
  /** @type {TerminalView | undefined} */
  view;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  timer;
  cast = parseCast("");
  next = 0;
  place = 0;
  isOpen = false;

  connectedCallback() {
    this.list = /** @type {HTMLSelectElement} */ (this.querySelector("[data-list]"));
    this.seek = /** @type {HTMLInputElement} */ (this.querySelector("[data-seek]"));
    this.button = /** @type {HTMLButtonElement} */ (this.querySelector("[data-play]"));
    this.list.addEventListener("change", this.load);
    this.seek.addEventListener("input", this.onSeek);
    this.button.addEventListener("click", this.onPlay);
    this.seen = new ResizeObserver(() => this.onSight());
    this.seen.observe(this);
  }

  disconnectedCallback() {
    this.seen?.disconnect();
    this.list?.removeEventListener("change", this.load);
    this.seek?.removeEventListener("input", this.onSeek);
    this.button?.removeEventListener("click", this.onPlay);
    this.pause();
    this.view?.dispose();
  }

  /** The dialog was opened, or closed again. */
  onSight() {
    const isOpen = this.clientWidth > 0;
    if (isOpen === this.isOpen) return;
    this.isOpen = isOpen;
    if (isOpen) this.begin();
    else this.pause();
  }

  async begin() {
    try {
      const xterm = await loadXterm();
      const screen = /** @type {HTMLElement} */ (this.querySelector("[data-screen]"));
      this.view ??= new TerminalView(screen, xterm, {});
      this.view.setTyping(false);
      this.view.setLabel("What the terminal showed");
      const answer = await fetch(this.dataset.url ?? "");
      if (!answer.ok) throw new Error(String(answer.status));
      this.offer((await answer.json()).recordings);
    } catch {
      this.say("The recordings could not be loaded. Close this and try again.");
    }
  }

  /** @param {Recording[]} recordings */
  offer(recordings) {
    const options = recordings.map((each) => {
      const option = element("option", "", `${title(each)}, ${clock(each.began).slice(0, 8)}`);
      option.value = each.url;
      return option;
    });
    this.list?.replaceChildren(...options);
    if (options.length) this.load();
    else this.say("Nothing was recorded yet: a recording is there a minute after a shell has begun.");
  }

  load = async () => {
    this.pause();
    const url = this.list?.value ?? "";
    const save = /** @type {HTMLAnchorElement} */ (this.querySelector("[data-save]"));
    save.href = url;
    save.hidden = false;
    const answer = await fetch(url);
    if (!answer.ok) {
      this.say(answer.status === 503 ? await answer.text() : "That recording is gone.");
      return;
    }
    this.cast = parseCast(await answer.text());
    this.say("");
    this.begun();
    this.show(this.cast.length);
  };

  begun() {
    this.view?.term.reset();
    this.view?.resize(this.cast);
    this.next = 0;
    this.place = 0;
  }

  /** Bring the screen to that place, from wherever it is.
      @param {number} place */
  show(place) {
    if (place < this.place) this.begun();
    this.place = place;
    const { events } = this.cast;
    let text = "";
    for (; this.next < events.length && events[this.next].at <= place; this.next += 1) {
      const { code, data } = events[this.next];
      const size = code === "r" ? sizeOf(data) : undefined;
      if (size) this.view?.resize(size);
      else if (code === "o") text += data;
      else if (code === "m") this.say(data);
    }
    if (text) this.view?.term.write(text);
    if (!this.seek) return;
    this.seek.max = String(this.cast.length);
    this.seek.value = String(place);
    this.seek.setAttribute("aria-valuetext", asTime(place));
    const time = this.querySelector("[data-time]");
    if (time) time.textContent = `${asTime(place)} of ${asTime(this.cast.length)}`;
  }

  onSeek = () => this.show(Number(this.seek?.value));

  onPlay = () => {
    if (this.timer !== undefined) {
      this.pause();
      return;
    }
    if (this.place >= this.cast.length) this.show(0);
    let last = performance.now();
    if (this.button) this.button.textContent = "Pause";
    this.timer = setInterval(() => {
      const now = performance.now();
      const speed = Number(/** @type {HTMLSelectElement} */ (this.querySelector("[data-speed]")).value);
      const place = Math.min(this.cast.length, this.place + ((now - last) / 1000) * speed);
      last = now;
      this.show(place);
      if (place >= this.cast.length) this.pause();
    }, EVERY);
  };

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.button) this.button.textContent = "Play";
  }

  /** @param {string} words */
  say(words) {
    const said = this.querySelector("[data-said]");
    if (said) said.textContent = words;
  }
}

customElements.define("cast-player", CastPlayer);
