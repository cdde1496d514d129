// @ts-check
/**
 * `<live-terminal>`: shells in the session's cluster. One is shown at a time; each goes on when
 * nobody looks. Everything is fetched when the panel is first seen.
 */
import { DrawnNotes } from "./drawn-notes.js";
import { KeyPacing } from "./key-pacing.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";
import { frame, SNAPSHOT, TerminalCursor } from "./terminal-cursor.js";
import { address, warning } from "./terminal-links.js";
import { TerminalView } from "./terminal-view.js";
import { stateLine, title } from "./terminal-words.js";
import { element } from "./text-nodes.js";
import { loadXterm } from "./xterm.js";

/** @typedef {{ service: string, name: string }} Shell */
/** @typedef {{ generation: number, is_up: boolean, shells: Shell[], may_type: boolean, is_owner: boolean,
      others_may_type: boolean, most: number, typed: string, asked_to_end: number | null }} News */
/** @typedef {import("./terminal-words.js").State} State */
/** @typedef {import("./terminal-view.js").Size} Size */

const RESIZE_AFTER = 150;
/** @type {News} */
const NOTHING = {
  generation: 0,
  is_up: false,
  shells: [],
  may_type: false,
  is_owner: false,
  others_may_type: false,
  most: 0,
  typed: "",
  asked_to_end: null,
};

const isSame = (/** @type {Shell} */ one, /** @type {Shell | undefined} */ other) =>
  one.service === other?.service && one.name === other.name;

class LiveTerminal extends HTMLElement {
  /** @type {ReconnectingSocket | undefined} */
  socket;
  /** @type {TerminalView | undefined} */
  view;
  /** @type {Shell | undefined} */
  shown;
  /** @type {State | undefined} */
  state;
  /** @type {Size | undefined} */
  room;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  resizing;
  news = NOTHING;
  cursor = new TerminalCursor();
  epoch = "";
  isBegun = false;
  /** The student's word in this tab: said again after a drop. */
  isConsenting = false;
  /** Whether a first shell was asked for already. */
  isOpened = false;

  connectedCallback() {
    this.pacing = new KeyPacing((data) => this.socket?.send(/** @type {Uint8Array<ArrayBuffer>} */ (data)));
    this.notes = new DrawnNotes((offset) => this.send({ type: "drawn", offset }));
    this.addEventListener("click", this.onClick);
    this.addEventListener("change", this.onChange);
    this.addEventListener("input", this.onInput);
    this.addEventListener("submit", this.onSubmit);
    this.addEventListener("keydown", this.onKey);
    // Seen for the first time: now is the time to fetch what it takes.
    this.seen = new ResizeObserver(() => this.clientWidth && this.begin());
    this.seen.observe(this);
  }

  disconnectedCallback() {
    this.seen?.disconnect();
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("change", this.onChange);
    this.removeEventListener("input", this.onInput);
    this.removeEventListener("submit", this.onSubmit);
    this.removeEventListener("keydown", this.onKey);
    clearTimeout(this.resizing);
    this.pacing?.drop();
    this.notes?.end();
    this.socket?.end();
    this.view?.dispose();
  }

  /** What has that mark in the panel's template.
      @param {string} name */
  piece(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-${name}]`));
  }

  async begin() {
    if (this.isBegun) return;
    this.isBegun = true;
    try {
      const xterm = await loadXterm();
      if (!this.isConnected) return;
      this.view = new TerminalView(this.piece("screen"), xterm, {
        keys: (data) => this.type(data),
        drawn: (end) => this.notes?.note(end),
        link: (text) => this.offerLink(text),
        leave: () => this.leave(),
        find: () => this.showSearch(true),
        fits: (size) => this.fits(size),
      });
    } catch {
      this.isBegun = false;
      this.say("offline", "The terminal could not be loaded. Look at another tab, then come back.");
      return;
    }
    this.view.setTyping(false);
    this.piece("reader").setAttribute("aria-pressed", String(this.view.isForScreenReader));
    this.room = this.view.room();
    this.socket = new ReconnectingSocket(this.dataset.socket ?? "");
    this.socket.addEventListener("status", () => this.tell());
    this.socket.addEventListener("opened", () => this.opened());
    this.socket.addEventListener("message", (event) => this.received(/** @type {CustomEvent} */ (event).detail));
    this.socket.addEventListener("bytes", (event) => this.printed(/** @type {CustomEvent} */ (event).detail));
    this.socket.open();
    this.tell();
  }

  // What the server says

  opened() {
    if (this.isConsenting) this.send({ type: "consent", is_on: true });
    if (this.shown) this.attach(this.shown, true);
  }

  /** @param {any} message */
  received(message) {
    switch (message.type) {
      case "terminals":
        this.take(message);
        break;
      case "shown":
        this.shows(message);
        break;
      case "screen":
        this.epoch = message.epoch;
        this.state = message;
        this.view?.resize(message);
        break;
      case "state":
        this.state = message;
        if (message.status === "running") this.view?.resize(message);
        break;
      case "refused":
        this.complain(message.message);
        break;
    }
    this.tell();
  }

  /** Which terminals there are now.
      @param {News} news */
  take(news) {
    if (news.generation !== this.news.generation) this.forget();
    if (news.asked_to_end && news.asked_to_end !== this.news.asked_to_end) this.askToEnd();
    this.news = news;
    if (this.isConsenting && !news.others_may_type) this.isConsenting = false;
    if (this.shown && !news.shells.some((each) => isSame(each, this.shown))) this.forget();
    if (!this.shown && news.shells.length) this.attach(news.shells[news.shells.length - 1]);
    if (!this.shown && !news.shells.length && news.is_up && news.is_owner && !this.isOpened) this.open();
    this.list();
  }

  /** `docker-compose down` was typed: ask as the page's own button does, where somebody types. Any
      program could print such a line's marks, so nothing ends by it. */
  askToEnd() {
    const button = document.querySelector('[data-opens="confirm-down"]');
    if (button instanceof HTMLElement && this.contains(document.activeElement)) button.click();
  }

  /** Nothing is shown: the terminal is closed, or its cluster is gone. */
  forget() {
    this.shown = undefined;
    this.state = undefined;
    this.epoch = "";
    this.isOpened = false;
    this.cursor = new TerminalCursor();
    this.pacing?.drop();
    this.view?.term.reset();
  }

  /** @param {Shell} shell */
  shows({ service, name }) {
    const isNew = !isSame({ service, name }, this.shown);
    this.shown = { service, name };
    this.view?.setLabel(`Terminal of ${title(this.shown)}. F6 leaves it.`);
    if (isNew) this.list();
  }

  /** @param {ArrayBuffer} buffer */
  printed(buffer) {
    const found = frame(buffer);
    if (!found || !this.view) return;
    const fresh = this.cursor.take(found);
    if (!fresh) {
      // Something is missing: have the screen shown anew.
      if (this.shown) this.attach(this.shown);
      return;
    }
    if (found.kind === SNAPSHOT) {
      this.notes?.begin(found.end);
      this.view.begin(fresh, found.end);
    } else if (fresh.length) this.view.write(fresh, found.end);
  }

  // What is asked of it

  /** @param {object} message */
  send(message) {
    this.socket?.send(message);
  }

  get size() {
    return this.room ?? { rows: 24, columns: 80 };
  }

  open() {
    const { value: service } = /** @type {HTMLSelectElement} */ (this.piece("service"));
    this.isOpened = true;
    this.send({ type: "open", service, ...this.size });
  }

  /** @param {Shell} shell
      @param {boolean} isBack After a drop: then only what is missing has to come. */
  attach(shell, isBack = false) {
    const at = isBack && this.epoch ? { after: this.cursor.next ?? 0, epoch: this.epoch } : {};
    if (!isBack) {
      this.epoch = "";
      this.state = undefined;
      this.cursor = new TerminalCursor();
      this.pacing?.drop();
      if (!isSame(shell, this.shown)) this.view?.term.reset();
    }
    this.shown = shell;
    this.send({ type: "attach", ...shell, ...at, ...this.size });
  }

  /** @param {Uint8Array} data */
  type(data) {
    if (!this.pacing?.add(data)) this.complain("That is too much to paste at once: at most 512 KB.");
  }

  /** @param {Size} size */
  fits(size) {
    this.room = size;
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => {
      if (this.shown) this.send({ type: "resize", ...this.size });
      this.tell();
    }, RESIZE_AFTER);
  }

  /** To the tab of this panel: from there Tab and the arrows lead everywhere. */
  leave() {
    const tab = this.closest("tab-set")?.querySelector('[role="tab"][aria-selected="true"]');
    if (tab instanceof HTMLElement) tab.focus();
  }

  // What shows

  tell() {
    const { status = "connecting", reason = "" } = this.socket ?? {};
    const { may_type: mayType, is_owner: isOwner, is_up: isUp } = this.news;
    const isElsewhere =
      this.state !== undefined &&
      this.room !== undefined &&
      (this.state.rows !== this.room.rows || this.state.columns !== this.room.columns);
    const hasShell = this.shown !== undefined;
    const now = { socket: status, reason, state: this.state, mayType, isOwner, isElsewhere, isUp, hasShell };
    this.say(...stateLine(now));
    const isRunning = status === "live" && this.state?.status === "running";
    this.view?.setTyping(isRunning && mayType);
    const isOver = ["ended", "failed"].includes(this.state?.status ?? "");
    this.piece("restart").hidden = !(isOwner && isUp && isOver && status === "live");
    this.piece("new").hidden = !isOwner;
    this.piece("close").hidden = !isOwner || !hasShell;
    this.piece("new").setAttribute("aria-disabled", String(!isUp || this.news.shells.length >= this.news.most));
    const typed = this.piece("typed");
    if (typed.textContent !== this.news.typed) typed.textContent = this.news.typed;
    this.showConsent();
  }

  /** @param {string} state
      @param {string} words */
  say(state, words) {
    const line = this.piece("state");
    line.dataset.state = state;
    const text = /** @type {HTMLElement} */ (line.querySelector("[data-words]"));
    if (text.textContent !== words) text.textContent = words;
  }

  /** @param {string} words */
  complain(words) {
    const place = this.piece("trouble");
    place.hidden = !words;
    place.textContent = words;
  }

  showConsent() {
    const isOn = this.news.others_may_type;
    const box = this.querySelector("[data-consent]");
    if (!(box instanceof HTMLInputElement)) return;
    box.checked = isOn;
    box.disabled = this.socket?.status !== "live";
    this.piece("consented").hidden = !isOn;
  }

  list() {
    const place = this.piece("shells");
    const buttons = this.news.shells.map((shell) => {
      const button = element("button", "quiet", title(shell));
      button.type = "button";
      button.dataset.shell = `${shell.service}/${shell.name}`;
      button.setAttribute("aria-pressed", String(isSame(shell, this.shown)));
      return button;
    });
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.shell : undefined;
    place.replaceChildren(...buttons);
    buttons.find((each) => held && each.dataset.shell === held)?.focus();
  }

  /** A link is shown whole before it is opened, whatever its text said.
      @param {string} text */
  offerLink(text) {
    const href = address(text);
    if (!href) {
      this.complain("That link is not opened: only http and https addresses are.");
      return;
    }
    this.href = href;
    const warned = warning(href, (this.dataset.services ?? "").split(" "));
    this.piece("address").textContent = href;
    this.piece("warning").textContent = warned;
    this.piece("warning").hidden = !warned;
    /** @type {HTMLDialogElement} */ (this.piece("link")).showModal();
  }

  // The bar

  onClick = (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const { shell, size, deed } = button.dataset;
    if (shell) {
      const [service, name] = shell.split("/");
      this.attach({ service, name });
      this.list();
      this.view?.focus();
    } else if (size) {
      const pixels = this.view?.grow(Number(size));
      if (pixels) this.announce(`Text is ${pixels} pixels high.`);
    } else if (deed) this.perform(deed, button);
  };

  /** @param {string} deed
      @param {HTMLElement} button */
  perform(deed, button) {
    this.complain("");
    switch (deed) {
      case "new":
        this.open();
        this.view?.focus();
        break;
      case "restart":
        this.send({ type: "restart" });
        this.view?.focus();
        break;
      case "close":
        if (this.shown) this.send({ type: "close", ...this.shown });
        break;
      case "copy":
        this.announce(this.view?.copy() ? "Copied." : "Select some text first.");
        break;
      case "reader":
        if (!this.view) return;
        this.view.isForScreenReader = !this.view.isForScreenReader;
        button.setAttribute("aria-pressed", String(this.view.isForScreenReader));
        break;
      case "search":
        this.showSearch(this.piece("search").hidden === true);
        break;
      case "search-close":
        this.showSearch(false);
        break;
      case "search-back":
        this.find(true);
        break;
      case "link-open":
        if (this.href) window.open(this.href, "_blank", "noopener,noreferrer");
        /** @type {HTMLDialogElement} */ (this.piece("link")).close();
        break;
      case "consent-end":
        this.setConsent(false);
        break;
    }
  }

  /** @param {boolean} isShown */
  showSearch(isShown) {
    this.piece("search").hidden = !isShown;
    this.piece("search-open").setAttribute("aria-expanded", String(isShown));
    const input = /** @type {HTMLInputElement} */ (this.piece("needle"));
    if (isShown) input.focus();
    else {
      this.view?.find("");
      this.view?.focus();
    }
  }

  find(isBackward = false) {
    const { value } = /** @type {HTMLInputElement} */ (this.piece("needle"));
    const isFound = this.view?.find(value, isBackward) ?? true;
    this.piece("found").textContent = isFound ? "" : "Not found";
  }

  /** @param {boolean} isOn */
  setConsent(isOn) {
    this.isConsenting = isOn;
    this.send({ type: "consent", is_on: isOn });
  }

  onChange = (/** @type {Event} */ event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if ("consent" in box.dataset) this.setConsent(box.checked);
  };

  onInput = (/** @type {Event} */ event) => {
    if ("needle" in /** @type {HTMLElement} */ (event.target).dataset) this.find();
  };

  onSubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    this.find();
  };

  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !(/** @type {HTMLElement} */ (event.target).closest("[data-search]"))) return;
    event.preventDefault();
    this.showSearch(false);
  };

  /** @param {string} words */
  announce(words) {
    this.piece("announce").textContent = words;
  }
}

customElements.define("live-terminal", LiveTerminal);
