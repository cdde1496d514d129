/**
 * `<results-view data-have="7">`: the tables of a session. It tells the server which extraction it
 * has, so that a fetch for news leaves alone what somebody has sorted; and it puts a line that is
 * offered as a fix into the step's editor.
 */
const PATIENCE = 5000;

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

  onClick = async (event) => {
    const button = event.target.closest("[data-fix]");
    if (!button) return;
    const area = await this.editorOf(button.dataset.fix);
    if (!area) return;
    area.value = button.nextElementSibling.value;
    area.closest("details").open = true;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    (area.closest("code-editor") ?? area).focus();
  };

  /** The step's editor, once the step is shown. */
  async editorOf(step) {
    const find = () => document.getElementById(`spark-${step}`);
    if (find()) return find();
    document.querySelector(`.steps a[data-step="${CSS.escape(step)}"]`)?.click();
    const deadline = performance.now() + PATIENCE;
    while (!find() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return find();
  }
}

customElements.define("results-view", ResultsView);
