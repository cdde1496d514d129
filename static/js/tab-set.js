/**
 * `<tab-set>`: tabs as the ARIA practices have them (arrows, Home, End). Fires `tab:shown` with
 * {tab, byUser}. Counts that a panel's content tells (`live:count`) show on its tab. With a button
 * `data-beside` one panel can be kept in sight while others are opened beside it; which one it was
 * is remembered in this browser.
 */
const KEEPS = "panel-beside";

class TabSet extends HTMLElement {
  connectedCallback() {
    this.tabs = [...this.querySelectorAll("[role=tab]")];
    this.addEventListener("click", this.onClick);
    this.addEventListener("keydown", this.onKey);
    this.addEventListener("live:count", this.onCount);
    requestAnimationFrame(() => this.reveal());
    this.besideButton = this.querySelector("[data-beside]");
    if (!this.besideButton) return;
    this.besideButton.addEventListener("click", this.onBeside);
    try {
      this.keepBeside(localStorage.getItem(KEEPS) ?? "");
    } catch {
      this.keepBeside("");
    }
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("keydown", this.onKey);
    this.removeEventListener("live:count", this.onCount);
    this.besideButton?.removeEventListener("click", this.onBeside);
  }

  get selected() {
    return this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tab;
  }

  /** The names of the panels that are in sight: the selected one, and the one that is kept beside. */
  get shown() {
    return this.tabs.map((tab) => tab.dataset.tab).filter((name) => !this.panel(name).hidden);
  }

  panel(name) {
    return document.getElementById(`panel-${name}`);
  }

  /** Keep a panel in sight, whichever else is opened; none with a name that no tab has. */
  keepBeside(name) {
    this.beside = this.tabs.some((tab) => tab.dataset.tab === name) ? name : "";
    this.besideButton.setAttribute("aria-pressed", String(Boolean(this.beside)));
    try {
      localStorage.setItem(KEEPS, this.beside);
    } catch {
      // Then it lasts as long as the page.
    }
    this.arrange();
  }

  onBeside = () => {
    const { selected } = this;
    this.keepBeside(this.beside ? "" : selected);
    // Two of them from the start: the one that was open before, or the next.
    if (this.beside && !this.other) this.other = this.tabs.find((tab) => tab.dataset.tab !== selected).dataset.tab;
    this.select(selected, true);
  };

  /** Show the panels that are to be seen, and no others. */
  arrange() {
    const { selected } = this;
    if (selected !== this.beside) this.other = selected;
    for (const tab of this.tabs) {
      const { tab: name } = tab.dataset;
      const panel = this.panel(name);
      panel.hidden = name !== selected && !(this.beside && (name === this.beside || name === this.other));
      panel.toggleAttribute("data-first", Boolean(this.beside) && name === this.beside);
      tab.toggleAttribute("data-shown", !panel.hidden && name !== selected);
    }
    this.toggleAttribute("data-two", this.shown.length > 1);
  }

  select(name, byUser = false) {
    if (!this.tabs.some((tab) => tab.dataset.tab === name)) return;
    for (const tab of this.tabs) {
      const isIt = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isIt));
      tab.tabIndex = isIt ? 0 : -1;
      if (!this.besideButton) document.getElementById(tab.getAttribute("aria-controls")).hidden = !isIt;
    }
    if (this.besideButton) this.arrange();
    requestAnimationFrame(() => this.reveal());
    const detail = { tab: name, byUser };
    this.dispatchEvent(new CustomEvent("tab:shown", { bubbles: true, detail }));
  }

  /** On a narrow screen there are more tabs than are in sight: the list goes to the selected one. */
  reveal() {
    const tab = this.tabs.find((each) => each.getAttribute("aria-selected") === "true");
    if (!tab) return;
    const list = tab.parentElement;
    const [its, all] = [tab.getBoundingClientRect(), list.getBoundingClientRect()];
    if (its.left < all.left) list.scrollLeft -= all.left - its.left;
    else if (its.right > all.right) list.scrollLeft += its.right - all.right;
  }

  onClick = (event) => {
    const tab = event.target.closest("[role=tab]");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // A tab may be a link, for whoever has no JavaScript.
    this.select(tab.dataset.tab, true);
  };

  onKey = (event) => {
    const at = this.tabs.indexOf(event.target.closest("[role=tab]"));
    if (at < 0) return;
    const on = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const places = { ArrowRight: at + on, ArrowLeft: at - on, Home: 0, End: -1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    const next = this.tabs.at(places[event.key] % this.tabs.length);
    next.focus();
    this.select(next.dataset.tab, true);
  };

  onCount = (event) => {
    const panel = event.target.closest("[role=tabpanel]");
    const count = panel && this.querySelector(`[data-tab="${panel.dataset.panel}"] [data-count]`);
    if (!count) return; // Its tab shows none.
    count.hidden = !event.detail;
    count.textContent = event.detail > 999 ? "999+" : event.detail;
  };
}

customElements.define("tab-set", TabSet);
