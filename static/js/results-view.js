/**
 * `<results-view data-have="7">`: the tables of a session. It tells the server which extraction it
 * has, so that a fetch for news leaves alone what somebody has sorted; it puts a line that is
 * offered as a fix into the step's editor, and where a row came from right below that row.
 */
import { readPlots } from "./plots.js";

class ResultsView extends HTMLElement {
  connectedCallback() {
    readPlots(this);
    this.panel = this.closest("[data-load]");
    this.panel?.addEventListener("htmx:configRequest", this.onAsk);
    this.panel?.addEventListener("htmx:afterSwap", this.onNews);
    this.addEventListener("click", this.onClick);
    this.addEventListener("htmx:beforeRequest", this.onRow);
    this.addEventListener("htmx:afterSwap", this.onTold);
    if (this.panel) return;
    // On a page of its own there is no editor.
    for (const button of this.querySelectorAll("[data-fix]")) button.hidden = true;
  }

  disconnectedCallback() {
    this.panel?.removeEventListener("htmx:configRequest", this.onAsk);
    this.panel?.removeEventListener("htmx:afterSwap", this.onNews);
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("htmx:beforeRequest", this.onRow);
    this.removeEventListener("htmx:afterSwap", this.onTold);
  }

  onAsk = (event) => {
    if (event.target === this.panel) event.detail.parameters.have = this.dataset.have;
  };

  /** What has come stands in the place of what was there, often in this same element. */
  onNews = () => readPlots(this);

  /** A row's number was pressed: what is told of it stands below it, until it is pressed again. */
  onRow = (event) => {
    const row = event.target.closest("tbody tr");
    const place = row?.closest("tbody").getAttribute("hx-target");
    const told = place && this.querySelector(place);
    if (!told) return;
    const isShown = row.nextElementSibling?.contains(told);
    this.takeBack(told);
    if (isShown) {
      told.replaceChildren();
      event.preventDefault();
      return;
    }
    const made = document.createElement("tr");
    const cell = made.appendChild(document.createElement("td"));
    cell.colSpan = row.children.length;
    cell.className = "told";
    cell.append(told);
    row.after(made);
    row.classList.add("is-target");
  };

  /** A trace tells of a row, too, which may be on another page: not below the row of before. */
  onTold = ({ target: told, detail }) => {
    const row = told.closest("tr")?.previousElementSibling;
    if (row && !row.contains(detail.requestConfig.elt)) this.takeBack(told);
  };

  /** Put it below the table again, where a row has it. */
  takeBack(told) {
    const made = told.closest("tr");
    if (!made) return;
    made.previousElementSibling.classList.remove("is-target");
    made.closest(".stack").append(told);
    made.remove();
  }

  /** The page then shows the editor. */
  onClick = (event) => {
    const button = event.target.closest("[data-fix]");
    if (!button) return;
    const area = document.getElementById(`code-text-${button.dataset.edit}`);
    if (!area || area.readOnly) return;
    area.value = button.nextElementSibling.value;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
}

customElements.define("results-view", ResultsView);
