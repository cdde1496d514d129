/**
 * `<tab-set>`: tabs as the ARIA practices have them (arrows, Home, End). Fires `tab:shown` with
 * {tab, byUser}. Counts that a panel's content tells (`live:count`) show on its tab.
 */
class TabSet extends HTMLElement {
  connectedCallback() {
    this.tabs = [...this.querySelectorAll("[role=tab]")];
    this.addEventListener("click", this.onClick);
    this.addEventListener("keydown", this.onKey);
    this.addEventListener("live:count", this.onCount);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("keydown", this.onKey);
    this.removeEventListener("live:count", this.onCount);
  }

  get selected() {
    return this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tab;
  }

  select(name, byUser = false) {
    if (!this.tabs.some((tab) => tab.dataset.tab === name)) return;
    for (const tab of this.tabs) {
      const isIt = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isIt));
      tab.tabIndex = isIt ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isIt;
    }
    const detail = { tab: name, byUser };
    this.dispatchEvent(new CustomEvent("tab:shown", { bubbles: true, detail }));
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
    const places = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    const next = this.tabs.at(places[event.key] % this.tabs.length);
    next.focus();
    this.select(next.dataset.tab, true);
  };

  onCount = (event) => {
    const panel = event.target.closest("[role=tabpanel]");
    if (!panel || panel.dataset.panel !== "events") return;
    const count = this.querySelector(`[data-tab="${panel.dataset.panel}"] [data-count]`);
    count.hidden = !event.detail;
    count.textContent = event.detail > 999 ? "999+" : event.detail;
  };
}

customElements.define("tab-set", TabSet);
