// @ts-check
/**
 * The panels on a narrow screen: a sheet at the lower edge, of which only the tabs are in sight
 * until somebody opens it, or something has happened that shows there.
 */
export class PanelSheet {
  /** @param {HTMLElement} tabs The `<tab-set>`. */
  constructor(tabs) {
    this.tabs = tabs;
    /** @type {HTMLButtonElement | null} */
    this.handle = tabs.querySelector("[data-sheet]");
    this.handle?.addEventListener("click", this.onHandle);
    tabs.addEventListener("click", this.onTab);
    this.isOpen = false;
  }

  forget() {
    this.handle?.removeEventListener("click", this.onHandle);
    this.tabs.removeEventListener("click", this.onTab);
  }

  get isOpen() {
    return document.documentElement.dataset.sheet === "open";
  }

  set isOpen(isIt) {
    document.documentElement.dataset.sheet = isIt ? "open" : "closed";
    this.handle?.setAttribute("aria-expanded", String(isIt));
    if (isIt) this.makeRoom();
  }

  /** Whether there is one: the page is a column then, which scrolls as a whole. */
  get isSheet() {
    return getComputedStyle(this.tabs).position === "fixed";
  }

  /** Another step is open, which is read first: the steps are at the top, and nothing lies over it. */
  makeWay() {
    this.isOpen = false;
    if (this.isSheet) document.getElementById("steps")?.scrollIntoView({ block: "start", behavior: "instant" });
  }

  /** What the open step is done with stays in sight above the sheet. */
  makeRoom() {
    if (!this.isSheet) return;
    const pane = document.querySelector(".step-pane");
    const dock = pane?.querySelector(".step-dock")?.getBoundingClientRect();
    if (dock && dock.bottom > this.tabs.getBoundingClientRect().top + 1) pane?.scrollIntoView({ block: "start" });
  }

  onHandle = () => {
    this.isOpen = !this.isOpen;
  };

  /** @param {MouseEvent} event */
  onTab = (event) => {
    if (/** @type {Element} */ (event.target).closest("[role=tab]")) this.isOpen = true;
  };
}
