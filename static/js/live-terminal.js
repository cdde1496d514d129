// @ts-check
/**
 * `<live-terminal>`: shells in the session's cluster. One is shown at a time; each goes on when
 * nobody looks. Everything is fetched when the panel is first seen.
 */
import { DrawnNotes } from "./drawn-notes.js";
import { KeyPacing } from "./key-pacing.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";
import { TerminalBar } from "./terminal-bar.js";
import { frame, SNAPSHOT, TerminalCursor } from "./terminal-cursor.js";
import { TerminalView } from "./terminal-view.js";
import { isSame, stateLine, title } from "./terminal-words.js";
import { loadXterm } from "./xterm.js";

/** @typedef {import("./terminal-words.js").Shell} Shell */
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
    this.bar = new TerminalBar(this, {
      open: () => this.open(),
      restart: () => this.send({ type: "restart" }),
      close: () => this.shown && this.send({ type: "close", ...this.shown }),
      attach: (shell) => {
        this.attach(shell);
        this.list();
      },
      consent: (isOn) => this.setConsent(isOn),
    });
    // Seen for the first time: now is the time to fetch what it takes.
    this.seen = new ResizeObserver(() => this.clientWidth && this.begin());
    this.seen.observe(this);
  }

  disconnectedCallback() {
    this.seen?.disconnect();
    this.bar?.end();
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
        link: (text) => this.bar?.offerLink(text),
        leave: () => this.leave(),
        find: () => this.bar?.showSearch(true),
        fits: (size) => this.fits(size),
      });
    } catch {
      this.isBegun = false;
      this.bar?.say("offline", "The terminal could not be loaded. Look at another tab, then come back.");
      return;
    }
    if (this.bar) this.bar.view = this.view;
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
        this.bar?.complain(message.message);
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
    if (!this.pacing?.add(data)) this.bar?.complain("That is too much to paste at once: at most 512 KB.");
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
    this.bar?.say(...stateLine(now));
    const isRunning = status === "live" && this.state?.status === "running";
    this.view?.setTyping(isRunning && mayType);
    const isOver = ["ended", "failed"].includes(this.state?.status ?? "");
    const mayRestart = isOwner && isUp && isOver && status === "live";
    const mayOpen = isUp && this.news.shells.length < this.news.most;
    this.bar?.offer({ isOwner, mayOpen, mayRestart, hasShell });
    this.bar?.showTyped(this.news.typed);
    this.bar?.showConsent(this.news.others_may_type, status === "live");
  }

  list() {
    this.bar?.list(this.news.shells, this.shown);
  }

  /** @param {boolean} isOn */
  setConsent(isOn) {
    this.isConsenting = isOn;
    this.send({ type: "consent", is_on: isOn });
  }
}

customElements.define("live-terminal", LiveTerminal);
