// @ts-check
/**
 * What stands around a terminal's screen: the buttons for its shells, what its state says, its
 * search, its links, and the student's word that others may type.
 */
import { address, warning } from "./terminal-links.js";
import { isSame, title } from "./terminal-words.js";
import { element } from "./text-nodes.js";

/** @typedef {import("./terminal-words.js").Shell} Shell */
/** @typedef {import("./terminal-view.js").TerminalView} TerminalView */

/**
 * @typedef {object} Deeds What only the terminal itself can do.
 * @property {() => void} open
 * @property {() => void} restart
 * @property {() => void} close
 * @property {(shell: Shell) => void} attach
 * @property {(isOn: boolean) => void} consent
 */

export class TerminalBar {
  /** @type {TerminalView | undefined} */
  view;

  /**
   * @param {HTMLElement} root
   * @param {Deeds} deeds
   */
  constructor(root, deeds) {
    this.root = root;
    this.deeds = deeds;
    root.addEventListener("click", this.onClick);
    root.addEventListener("change", this.onChange);
    root.addEventListener("input", this.onInput);
    root.addEventListener("submit", this.onSubmit);
    root.addEventListener("keydown", this.onKey);
  }

  end() {
    const { root } = this;
    root.removeEventListener("click", this.onClick);
    root.removeEventListener("change", this.onChange);
    root.removeEventListener("input", this.onInput);
    root.removeEventListener("submit", this.onSubmit);
    root.removeEventListener("keydown", this.onKey);
  }

  /** What has that mark in the panel's template.
      @param {string} name */
  piece(name) {
    return /** @type {HTMLElement} */ (this.root.querySelector(`[data-${name}]`));
  }

  // What shows

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

  /** @param {string} words */
  announce(words) {
    this.piece("announce").textContent = words;
  }

  /** Which buttons there are.
      @param {{ isOwner: boolean, mayOpen: boolean, mayRestart: boolean, hasShell: boolean }} now */
  offer({ isOwner, mayOpen, mayRestart, hasShell }) {
    this.piece("restart").hidden = !mayRestart;
    this.piece("new").hidden = !isOwner;
    this.piece("close").hidden = !isOwner || !hasShell;
    this.piece("new").setAttribute("aria-disabled", String(!mayOpen));
  }

  /** Who types.
      @param {string} words */
  showTyped(words) {
    const typed = this.piece("typed");
    if (typed.textContent !== words) typed.textContent = words;
  }

  /** @param {boolean} isOn
      @param {boolean} isLive */
  showConsent(isOn, isLive) {
    const box = this.root.querySelector("[data-consent]");
    if (!(box instanceof HTMLInputElement)) return;
    box.checked = isOn;
    box.disabled = !isLive;
    this.piece("consented").hidden = !isOn;
  }

  /** @param {Shell[]} shells
      @param {Shell | undefined} shown */
  list(shells, shown) {
    const place = this.piece("shells");
    const buttons = shells.map((shell) => {
      const button = element("button", "quiet", title(shell));
      button.type = "button";
      button.dataset.shell = `${shell.service}/${shell.name}`;
      button.setAttribute("aria-pressed", String(isSame(shell, shown)));
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
    const warned = warning(href, (this.root.dataset.services ?? "").split(" "));
    this.piece("address").textContent = href;
    this.piece("warning").textContent = warned;
    this.piece("warning").hidden = !warned;
    /** @type {HTMLDialogElement} */ (this.piece("link")).showModal();
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

  // What people do

  onClick = (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const { shell, size, deed } = button.dataset;
    if (shell) {
      const [service, name] = shell.split("/");
      this.deeds.attach({ service, name });
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
        this.deeds.open();
        this.view?.focus();
        break;
      case "restart":
        this.deeds.restart();
        this.view?.focus();
        break;
      case "close":
        this.deeds.close();
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
        this.deeds.consent(false);
        break;
    }
  }

  onChange = (/** @type {Event} */ event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if ("consent" in box.dataset) this.deeds.consent(box.checked);
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
}
