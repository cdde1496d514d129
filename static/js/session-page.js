/**
 * `<session-page>`: keeps the page and its address in step with the session. Every change comes as
 * the server's own fragment, morphed into place; an answer that is older than what is shown, or
 * about a step that was left meanwhile, is dropped.
 */
import { onDialog } from "./dialogs.js";
import { noteTyped, restoreTyped } from "./keep-typed.js";
import { liveSocket } from "./live-socket.js";
import { keepWhatPeopleDo } from "./morph-rules.js";

const CHECK_EVERY = 5000;
const NAVIGATES = "a[data-step]";

class SessionPage extends HTMLElement {
  connectedCallback() {
    keepWhatPeopleDo();
    this.tabs = this.querySelector("tab-set");
    this.addressStep = this.shownStep;
    // No step: the server says which one to show, from launch on and through a run of all.
    this.step = new URL(location).searchParams.has("step") || !this.isMoving ? this.shownStep : "";
    this.refreshedAt = Date.now();
    liveSocket().addEventListener("state", this.onState);
    this.addEventListener("click", this.onClick);
    this.addEventListener("input", noteTyped);
    this.addEventListener("tab:shown", this.onTab);
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
    for (const [type, handler] of this.handlers) document.removeEventListener(type, handler);
    document.removeEventListener("submit", this.onSubmit, true);
    clearInterval(this.timer);
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

  /** The session goes from step to step by itself. */
  get isMoving() {
    const { status, autorunning } = this.status.dataset;
    return autorunning === "true" || status === "queued" || status === "starting";
  }

  get status() {
    return document.getElementById("status");
  }

  /** htmx has seen the page by now, and the other elements are there. */
  onReady = () => this.loadPanel(this.tabs.selected);

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
    if (event.submitter?.getAttribute("aria-disabled") !== "true") return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  onRequest = (event) => {
    const form = event.target.closest("form");
    if (!form) return;
    form.closest("dialog")?.close();
    document.getElementById("messages").replaceChildren();
    const { runs } = event.target.closest("[data-runs]")?.dataset ?? {};
    if (runs) {
      this.step = runs;
      if (!this.isTabChosen) this.tabs.select(this.shown.dataset.lookAt);
    }
    if (form.hasAttribute("data-autorun")) {
      // Running all is followed from step to step, until somebody picks one.
      this.step = "";
      this.isTabChosen = false;
    }
  };

  onAnswer = (event) => {
    const { detail } = event;
    if (!this.isOurs(detail.pathInfo.requestPath) || event.target.closest("[data-load]")) return;
    const text = detail.serverResponse;
    const revision = text.match(/data-revision="(\d+)"/)?.[1];
    if (revision === undefined) {
      // Not a live fragment but a whole page: most likely the login has run out.
      if (detail.xhr.status < 400) location.reload();
      return;
    }
    const step = text.match(/id="step"[^>]* data-step="([^"]+)"/)?.[1];
    const isOld = Number(revision) < Number(this.status.dataset.revision);
    const isElsewhere = this.step && step !== this.step;
    if (isOld || isElsewhere) {
      detail.shouldSwap = false;
      if (event.target !== this) this.refresh();
      return;
    }
    this.focused = document.activeElement;
  };

  onShown = () => {
    if (this.addressStep !== this.shownStep) this.arrive();
    if (!this.step && !this.isMoving) this.step = this.shownStep;
    this.loadPanel(this.tabs.selected);
    this.restoreFocus();
  };

  onTrouble = (event) => {
    const status = event.detail.xhr?.status;
    const text = status
      ? `The portal refused that (${status}). Reload the page and try again.`
      : "The portal can’t be reached. What you did just now was not sent; try again in a moment.";
    const card = document.createElement("div");
    card.className = "callout error";
    card.setAttribute("role", "alert");
    card.textContent = text;
    document.getElementById("messages").replaceChildren(card);
    setTimeout(() => card.remove(), 12_000);
  };

  /** Another step is open than before. */
  arrive() {
    this.setAddress();
    restoreTyped(this);
    this.querySelector(".step-pane").scrollTop = 0;
    this.showCurrent();
    document.title = document.title.replace(/^[^·]+/, `${document.getElementById("step-title").textContent} `);
    if (!this.isTabChosen && !this.step) this.tabs.select(this.shown.dataset.lookAt);
    if (this.focusesTitle) document.getElementById("step-title").focus({ preventScroll: true });
    this.focusesTitle = false;
  }

  /** Bring the open step's row into sight, in the strip that the list is on a narrow screen. */
  showCurrent() {
    const list = document.querySelector("#steps ol");
    const row = document.querySelector("#steps [aria-current]")?.parentElement;
    if (row) list.scrollLeft = row.offsetLeft - (list.clientWidth - row.offsetWidth) / 2;
  }

  /** A pressed button may be gone with the answer; focus then goes to what took its place. */
  restoreFocus() {
    const was = this.focused;
    this.focused = undefined;
    if (!was?.id || document.activeElement !== document.body) return;
    const place = document.getElementById(was.id) ?? document.querySelector(
      "#step :is([data-testid=stop], [data-testid=cancel], [data-testid=run])",
    ) ?? document.getElementById("step-title");
    place.focus({ preventScroll: true });
  }

  // What people click.

  onClick = (event) => {
    const link = event.target.closest(NAVIGATES);
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      this.step = link.dataset.step;
      this.isTabChosen = false;
      this.focusesTitle = !link.closest("#steps");
    }
    const edit = event.target.closest("[data-edit]");
    if (edit) {
      event.preventDefault();
      this.tabs.select("code", true);
      this.querySelector("code-files").open(edit.dataset.edit);
    }
    const look = event.target.closest("[data-look]");
    if (look) {
      this.tabs.select(look.dataset.look, true);
      this.tabs.scrollIntoView({ block: "nearest" });
    }
  };

  onTab = (event) => {
    if (event.detail.byUser) this.isTabChosen = true;
    this.setAddress();
    this.loadPanel(event.detail.tab);
  };

  /** Fetch a tab's tables or bytes, unless no run has come or ended since: somebody may be reading
      a later page of them. */
  loadPanel(tab) {
    const panel = this.querySelector(`[data-panel="${tab}"] [data-load]`);
    if (!panel || panel.dataset.loaded === this.runs) return;
    panel.dataset.loaded = this.runs;
    window.htmx.trigger(panel, "load-panel");
  }

  /** Every step's newest run and its state, as one word. */
  get runs() {
    return [...this.querySelectorAll(".steps-row")].map((row) => row.dataset.run + row.dataset.state).join();
  }

  setAddress() {
    this.addressStep = this.shownStep;
    const address = new URL(this.dataset.url, location);
    address.searchParams.set("step", this.shownStep);
    address.searchParams.set("tab", this.tabs.selected);
    history.replaceState(null, "", address);
  }
}

customElements.define("session-page", SessionPage);
