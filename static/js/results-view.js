/**
 * `<results-view data-have="7">`: the tables of a session. It tells the server which extraction it
 * has, so that a fetch for news leaves alone what somebody has sorted; and it puts a line that is
 * offered as a fix into the step's editor.
 */
class ResultsView extends HTMLElement {
  connectedCallback() {
    this.panel = this.closest("[data-load]");
    this.panel?.addEventListener("htmx:configRequest", this.onAsk);
    this.addEventListener("click", this.onClick);
    if (this.panel) return;
    // On a page of its own there is no editor.
    this.querySelectorAll("[data-fix]").forEach((button) => (button.hidden = true));
  }

  disconnectedCallback() {
    this.panel?.removeEventListener("htmx:configRequest", this.onAsk);
    this.removeEventListener("click", this.onClick);
  }

  onAsk = (event) => {
    if (event.target === this.panel) event.detail.parameters.have = this.dataset.have;
  };

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
