/** `<code-files>`: shows one file's form at a time, and says what became of saving it. */
class CodeFiles extends HTMLElement {
  connectedCallback() {
    this.select = this.querySelector("select");
    this.select?.addEventListener("change", this.onSelect);
    this.addEventListener("input", this.onInput);
    this.addEventListener("click", this.onClick);
    this.addEventListener("htmx:afterRequest", this.onSaved);
    window.addEventListener("beforeunload", this.onLeave);
  }

  disconnectedCallback() {
    this.select?.removeEventListener("change", this.onSelect);
    this.removeEventListener("input", this.onInput);
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("htmx:afterRequest", this.onSaved);
    window.removeEventListener("beforeunload", this.onLeave);
  }

  get forms() {
    return [...this.querySelectorAll("form.code-file")];
  }

  onSelect = () => {
    this.forms.forEach((form, at) => (form.hidden = String(at) !== this.select.value));
  };

  onInput = (event) => {
    const form = event.target.closest("form");
    if (!form) return;
    form.dataset.unsaved = "";
    this.tell(form, "Changed: Save, or control-S, keeps it");
  };

  /** The button submits its form itself; the text goes back before that. */
  onClick = (event) => {
    if (!event.target.closest("[data-restore]")) return;
    const form = event.target.closest("form");
    form.elements.content.value = form.querySelector("[data-original]").value;
    form.elements.content.dispatchEvent(new Event("input", { bubbles: true }));
  };

  onSaved = (event) => {
    const form = event.target.closest("form");
    const isRefused = event.detail.xhr.responseText.includes('data-testid="refusal"');
    if (!event.detail.successful || isRefused) return this.tell(form, "Not saved");
    delete form.dataset.unsaved;
    const original = form.querySelector("[data-original]");
    const isEdited = !original || original.value !== form.elements.content.value;
    this.select.options[this.forms.indexOf(form)].text =
      form.dataset.path + (isEdited ? " (edited)" : "");
    this.tell(form, "Saved. A server that runs already keeps the old code: stop it and run it again.");
  };

  /** Unsaved text is somebody's work: the browser asks before it is lost. */
  onLeave = (event) => {
    if (this.querySelector("[data-unsaved]")) event.preventDefault();
  };

  tell(form, text) {
    form.querySelector(".code-told").textContent = text;
  }
}

customElements.define("code-files", CodeFiles);
