/**
 * `<session-page>`: keeps the page and its address in step with the session. Every change comes as
 * the server's own fragment, morphed into place; an answer that is older than what is shown, or
 * about a step that was left meanwhile, is dropped.
 */
import { onDialog } from "./dialogs.js";
import { noteTyped, restoreTyped } from "./keep-typed.js";
import { liveSocket } from "./live-socket.js";
import { keepWhatPeopleDo } from "./morph-rules.js";
import { PanelLoads } from "./panel-loads.js";
import { PanelSheet } from "./panel-sheet.js";
import { PressFirst } from "./press-first.js";
import { forgetMessages, tellTrouble } from "./request-trouble.js";
import { SessionAddress } from "./session-address.js";
import { follow } from "./session-links.js";

const CHECK_EVERY = 5000;
// A double click on Run must not end on what takes its place.
const PRESSED_TWICE = 500;
const ACTS = ["pointerdown", "wheel", "keydown"];
const NAVIGATES = "a[data-step]";

class SessionPage extends HTMLElement {
  connectedCallback() {
    keepWhatPeopleDo();
    this.tabs = this.querySelector("tab-set");
    // No step: the server says which one to show, as long as all are run one after the other.
    this.step = new URL(location).searchParams.has("step") || !this.isMoving ? this.shownStep : "";
    this.pressedAt = Number.NEGATIVE_INFINITY;
    this.presses = new PressFirst();
    this.arrivedAt = this.shownStep;
    this.refreshedAt = Date.now();
    this.loads = new PanelLoads(this);
    this.sheet = new PanelSheet(this.tabs);
    liveSocket().addEventListener("state", this.onState);
    this.addEventListener("click", this.onClick);
    this.addEventListener("input", noteTyped);
    this.addEventListener("tab:shown", this.onTab);
    for (const type of ACTS) this.addEventListener(type, this.onAct, { passive: true });
    window.addEventListener("popstate", this.onReturn);
    for (const [type, handler] of this.handlers) document.addEventListener(type, handler);
    // Capture: a button that is only aria-disabled must not reach htmx.
    document.addEventListener("submit", this.onSubmit, true);
    this.timer = setInterval(() => this.check(), CHECK_EVERY);
    this.showCurrent();
    document.addEventListener("DOMContentLoaded", this.onReady, { once: true });
  }

  disconnectedCallback() {
    liveSocket().removeEventListener("state", this.onState);
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("input", noteTyped);
    this.removeEventListener("tab:shown", this.onTab);
    for (const type of ACTS) this.removeEventListener(type, this.onAct);
    window.removeEventListener("popstate", this.onReturn);
    for (const [type, handler] of this.handlers) document.removeEventListener(type, handler);
    document.removeEventListener("submit", this.onSubmit, true);
    clearInterval(this.timer);
    this.sheet.forget();
  }

  get handlers() {
    return [
      ["click", onDialog],
      ["htmx:configRequest", this.onConfigure],
      ["htmx:beforeRequest", this.onRequest],
      ["htmx:beforeSwap", this.onAnswer],
      ["htmx:afterRequest", this.onShown],
      ["htmx:responseError", this.onTrouble],
      ["htmx:sendError", this.onTrouble],
    ];
  }

  get shown() {
    return document.getElementById("step");
  }

  get shownStep() {
    return this.shown.dataset.step;
  }

  /** The session goes from step to step by itself, as somebody has asked it to. */
  get isMoving() {
    return this.status.dataset.autorunning === "true";
  }

  get status() {
    return document.getElementById("status");
  }

  /** htmx has seen the page by now, and the other elements are there. */
  onReady = () => {
    this.address = new SessionAddress(this.dataset.url, this.place);
    this.loadPanels();
  };

  loadPanels() {
    for (const tab of this.tabs.shown) this.loads.load(tab);
  }

  get place() {
    return { step: this.shownStep, tab: this.tabs.selected };
  }

  // Live updates: at most one under way and one waiting.

  onState = (event) => {
    const { revision } = event.detail;
    if (revision === undefined || revision > Number(this.status.dataset.revision)) this.refresh();
  };

  async refresh() {
    this.isWanted = true;
    if (this.isRefreshing) return;
    this.isRefreshing = true;
    while (this.isWanted) {
      this.isWanted = false;
      this.refreshedAt = Date.now();
      const url = new URL(this.dataset.live, location);
      try {
        await window.htmx.ajax("GET", url.pathname, { source: this, swap: "none" });
      } catch {
        break;
      }
    }
    this.isRefreshing = false;
  }

  /** Without the socket the page asks; with it, only when something runs and nothing was heard. */
  check() {
    if (document.hidden) return;
    const isBusy = this.querySelector("run-progress") !== null;
    const isQuiet = Date.now() - this.refreshedAt > 2 * CHECK_EVERY;
    if (liveSocket().status !== "live" || (isBusy && isQuiet)) this.refresh();
  }

  // Requests and answers.

  isOurs(path) {
    return path.startsWith(this.dataset.url);
  }

  onConfigure = (event) => {
    const { detail } = event;
    const isLive = detail.path.startsWith(this.dataset.live);
    if (!this.isOurs(detail.path) || (detail.verb === "get" && !isLive)) return;
    const url = new URL(detail.path, location);
    const step = url.searchParams.get("step") ?? this.step;
    if (detail.verb !== "get") {
      detail.parameters.step = step;
      detail.parameters.tab = this.tabs.selected;
      return;
    }
    if (step) url.searchParams.set("step", step);
    url.searchParams.set("tab", this.tabs.selected);
    detail.path = url.pathname + url.search;
  };

  onSubmit = (event) => {
    const { runs, ends } = event.target.dataset;
    const isTwice = event.timeStamp - this.pressedAt < PRESSED_TWICE;
    if (event.submitter?.getAttribute("aria-disabled") !== "true" && !(isTwice && ends !== undefined)) {
      if (runs === undefined) return;
      this.pressedAt = event.timeStamp;
      if (this.presses.passes(event)) return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  onRequest = (event) => {
    const form = event.target.closest("form");
    if (!form) return;
    form.closest("dialog")?.close();
    forgetMessages();
    const { runs } = event.target.closest("[data-runs]")?.dataset ?? {};
    if (runs) {
      this.step = runs;
      // What answers a call stands beside its button.
      const stays = form.hasAttribute("data-stays");
      if (!this.isTabChosen && !stays) this.tabs.select(this.shown.dataset.lookAt);
      if (!stays) this.sheet.isOpen = true;
    }
    if (form.hasAttribute("data-autorun")) {
      // Running all is followed from step to step, until somebody picks one.
      this.step = "";
      this.isTabChosen = false;
    }
  };

  onAnswer = (event) => {
    const { detail } = event;
    const isOther = !this.isOurs(detail.pathInfo.requestPath) || event.target.closest("[data-load], [data-answer]");
    if (isOther) return;
    const answer = new DOMParser().parseFromString(detail.serverResponse, "text/html");
    const revision = answer.getElementById("status")?.dataset.revision;
    if (revision === undefined || answer.querySelector("session-page")) {
      // Not a live fragment but a whole page: most likely the login has run out.
      if (detail.xhr.status < 400) location.reload();
      return;
    }
    const { step } = answer.getElementById("step").dataset;
    const isOld = Number(revision) < Number(this.status.dataset.revision);
    const isElsewhere = this.step && step !== this.step;
    if (isOld || isElsewhere) {
      detail.shouldSwap = false;
      if (event.target !== this) this.refresh();
      return;
    }
    this.focused = document.activeElement;
  };

  onShown = ({ detail }) => {
    if (detail.requestConfig?.verb !== "get") this.presses.release();
    this.dataset.status = this.status.dataset.status;
    if (this.arrivedAt !== this.shownStep) this.arrive();
    if (!this.step && !this.isMoving) this.step = this.shownStep;
    this.loadPanels();
    this.restoreFocus();
  };

  onTrouble = (event) => tellTrouble(event.detail.xhr?.status);

  /** Another step is open than before. */
  arrive() {
    this.arrivedAt = this.shownStep;
    if (this.isChosen) this.sheet.makeWay();
    this.address.show(this.place, this.isChosen);
    this.isChosen = false;
    restoreTyped(this);
    this.querySelector(".step-pane").scrollTop = 0;
    this.showCurrent();
    document.title = document.title.replace(/^[^·]+/, `${document.getElementById("step-title").textContent} `);
    if (!this.isTabChosen && !this.step) this.tabs.select(this.shown.dataset.lookAt);
    if (this.focusesTitle) document.getElementById("step-title").focus({ preventScroll: true });
    this.focusesTitle = false;
  }

  /** Bring the open step's row into sight: in the rail, or in the strip that it is on a narrow screen. */
  showCurrent() {
    const list = document.querySelector("#steps ol");
    const row = document.querySelector("#steps [aria-current]")?.parentElement;
    if (!row) return;
    const rail = list.parentElement;
    list.scrollLeft = row.offsetLeft - (list.clientWidth - row.offsetWidth) / 2;
    rail.scrollTop = row.offsetTop - (rail.clientHeight - row.offsetHeight) / 2;
  }

  /** A pressed button may be gone with the answer. What took its place does something else, and
      must not be pressed by the same key: focus goes to the step's title. */
  restoreFocus() {
    const was = this.focused;
    this.focused = undefined;
    if (!was?.id || document.activeElement !== document.body) return;
    const place = document.getElementById(was.id) ?? document.getElementById("step-title");
    place.focus({ preventScroll: true });
  }

  // What people click.

  onClick = (event) => {
    const link = event.target.closest(NAVIGATES);
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      this.step = link.dataset.step;
      this.isChosen = link.dataset.step !== this.shownStep;
      this.isTabChosen = false;
      this.focusesTitle = !link.closest("#steps");
      if (this.isChosen) forgetMessages();
    }
    follow(event, this.tabs, this.sheet);
  };

  /** Somebody reads or writes: the page no longer goes from step to step under their hands. */
  onAct = (event) => {
    if (event.isTrusted && this.step === "" && event.target.closest(".step-pane, tab-set")) this.step = this.shownStep;
  };

  /** Back and Forward: to a step and a tab, as they were chosen. */
  onReturn = (event) => {
    const place = this.address.returned(event.state);
    if (!place) return;
    this.tabs.select(place.tab);
    this.step = place.step;
    if (place.step !== this.shownStep) this.refresh();
  };

  onTab = (event) => {
    const { tab, byUser } = event.detail;
    if (byUser) this.isTabChosen = true;
    // A line's address opens its tab when the page is opened, which nobody has to take back.
    if (this.address && tab !== this.address.place.tab) {
      this.address.show({ ...this.address.place, tab }, byUser && navigator.userActivation?.isActive !== false);
    }
    this.loadPanels();
  };
}

customElements.define("session-page", SessionPage);
