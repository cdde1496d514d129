/**
 * `<code-files log="log:mids">`: shows the form of one file, or of a step's lines for pyspark, at a
 * time; says what became of saving or running it, shows what differs from the lab's own text or
 * from one that was saved, and marks the line that has failed: a file's as its server's log tells,
 * pyspark's as its step does.
 */
import { liveSocket } from "./live-socket.js";
import { Tracebacks } from "./tracebacks.js";

class CodeFiles extends HTMLElement {
  /** What each form held before its text was replaced, for Undo. */
  before = new Map();
  /** What the server has said of a text that was saved, until its answer is there. */
  kept = new Map();

  connectedCallback() {
    this.select = this.querySelector("#code-file");
    this.select?.addEventListener("change", this.onSelect);
    this.addEventListener("change", this.onVersion);
    this.addEventListener("input", this.onInput);
    this.addEventListener("click", this.onClick);
    window.addEventListener("beforeunload", this.onLeave);
    document.addEventListener("htmx:afterRequest", this.onSent);
    this.addEventListener("code:saved", this.onSaved);
    this.step = document.getElementById("step").dataset.step;
    this.markStep();
    this.tracebacks = new Tracebacks(this.forms.map((form) => form.dataset.path));
    liveSocket().follow(this.getAttribute("log"), this);
  }

  disconnectedCallback() {
    liveSocket().unfollow(this.getAttribute("log"), this);
    this.select?.removeEventListener("change", this.onSelect);
    this.removeEventListener("change", this.onVersion);
    this.removeEventListener("input", this.onInput);
    this.removeEventListener("click", this.onClick);
    window.removeEventListener("beforeunload", this.onLeave);
    document.removeEventListener("htmx:afterRequest", this.onSent);
    this.removeEventListener("code:saved", this.onSaved);
  }

  get forms() {
    return [...this.querySelectorAll("form.code-file")];
  }

  /** Lines of the server's log. What failed before its file was saved may be mended. */
  onEntries(entries) {
    for (const entry of entries) {
      const error = "gap" in entry ? undefined : this.tracebacks.take(entry);
      const form = error && this.forms.find((each) => each.dataset.path === error.path);
      if (form && error.at > Number(form.dataset.saved)) this.mark(form, error.line, error.said);
    }
  }

  onRestart() {
    for (const form of this.forms) if (!form.dataset.step) this.mark(form, 0, "");
  }

  onRefused() {}

  mark(form, line, said) {
    form.querySelector("code-editor").setAttribute("error-line", String(line));
    this.tell(form, line ? `Line ${line}: ${said}` : "", Boolean(line));
  }

  /** The step that is shown tells once where its newest run failed. */
  markStep() {
    const { step, run, errorLine } = document.getElementById("step").dataset;
    const form = this.forms.find((each) => each.dataset.step === step);
    const line = Number(errorLine);
    if (!form || !line || form.dataset.failed === run) return;
    form.dataset.failed = run;
    this.mark(form, line, "see what the step says");
  }

  /** Show a step's lines. */
  open(step) {
    const at = this.forms.findIndex((each) => each.dataset.step === step);
    if (at < 0) return;
    this.choose(at);
    this.forms[at].querySelector("code-editor").focus();
  }

  choose(at) {
    this.select.value = String(at);
    this.onSelect();
  }

  onSelect = () => {
    for (const [at, form] of this.forms.entries()) form.hidden = String(at) !== this.select.value;
  };

  onInput = (event) => {
    const form = event.target.closest("form");
    if (!form || event.target.name !== "code") return;
    // What is typed now would be lost by it.
    form.querySelector("[data-undo]").hidden = true;
    form.dataset.unsaved = "";
    this.tell(
      form,
      form.dataset.step ? "Changed: it is kept when it runs, or by Save" : "Changed: Save, or control-S, keeps it",
    );
  };

  onVersion = (event) => {
    if (event.target.matches("[data-versions]")) this.show(event.target.closest("form"));
  };

  onClick = async (event) => {
    const form = event.target.closest("form.code-file");
    if (event.target.closest("[data-restore]")) this.onRestore(event, form);
    else if (event.target.closest("[data-undo]")) {
      this.write(form, this.before.get(form));
      form.requestSubmit(form.querySelector("[data-testid=code-save]"));
    } else if (event.target.closest("[data-diff]")) {
      const button = event.target.closest("[data-diff]");
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      this.show(form);
    } else if (event.target.closest("[data-take]")) {
      const text = await this.versionOf(form);
      if (text !== null && (!("unsaved" in form.dataset) || (await this.isSure()))) this.replace(form, text);
    }
  };

  /** The button submits its form itself; the text goes back before that. Somebody's own text is
      overwritten only if they say so. */
  async onRestore(event, form) {
    const original = form.querySelector("[data-original]").value;
    const isTheirs = form.elements.code.value.trim() !== original.trim();
    if (this.sureOf !== form && isTheirs) {
      const button = event.target.closest("button");
      event.preventDefault();
      if (!(await this.isSure())) return;
      this.sureOf = form;
      button.click();
      this.sureOf = undefined;
    } else this.replace(form, original);
  }

  /** Ask whether a text that somebody wrote is to go. */
  isSure() {
    const dialog = this.querySelector("[data-sure]");
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) =>
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }),
    );
  }

  /** Write another text, and keep what was there for Undo. */
  replace(form, text) {
    const before = form.elements.code.value;
    if (before === text) return;
    this.before.set(form, before);
    this.write(form, text);
    form.querySelector("[data-undo]").hidden = false;
  }

  write(form, text) {
    form.elements.code.value = text;
    form.elements.code.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Show what differs from the chosen version, if that is asked for. */
  async show(form) {
    const button = form.querySelector("[data-diff]");
    const isShown = button.getAttribute("aria-pressed") === "true";
    button.textContent = isShown ? "Hide changes" : "Show changes";
    form.querySelector("[data-take]").hidden = !form.querySelector("[data-versions]").value;
    form.querySelector("code-editor").diff(isShown ? await this.versionOf(form) : null);
  }

  /** The text of the chosen version: the lab's own is on the page. Null if it can't be had. */
  async versionOf(form) {
    const url = form.querySelector("[data-versions]").value;
    if (!url) return form.querySelector("[data-original]").value;
    const response = await fetch(url);
    if (response.ok) return response.text();
    this.tell(form, "That version could not be fetched");
    return null;
  }

  /** Told by the server before its answer is: a text is kept, though it may have a mistake, or
      have lost the marks of a paste. */
  onSaved = (event) => {
    const form = event.target.closest("form");
    if (form) this.kept.set(form, event.detail);
  };

  /** A text was saved from here, or run from here or from its step. */
  onSent = (event) => {
    const { runs } = event.target.closest("[data-runs]")?.dataset ?? {};
    const form = this.forms.find((each) => each.contains(event.target) || (runs && each.dataset.step === runs));
    if (form) this.note(form, event, runs);
    this.followStep();
    this.markStep();
  };

  /** Another step runs another text; who is writing one is left with it. */
  followStep() {
    const { step } = document.getElementById("step").dataset;
    if (step === this.step || this.contains(document.activeElement)) return;
    this.step = step;
    const at = this.forms.findIndex((form) => form.dataset.steps.split(" ").includes(step));
    if (at >= 0) this.choose(at);
  }

  async note(form, event, runs) {
    const isRefused = event.detail.xhr.responseText.includes('data-testid="refusal"');
    const kept = this.kept.get(form);
    this.kept.delete(form);
    const isRestart = event.detail.requestConfig.parameters.action === "restart" && !isRefused;
    if (kept) return this.noteSaved(form, kept, isRestart, event.detail.requestConfig.parameters.code);
    if (!event.detail.successful || isRefused) return this.tell(form, runs ? "Not run" : "Not saved");
    this.settle(form);
    this.tell(form, saidOf(form, runs));
    await this.listVersions(form.querySelector("[data-versions]"));
  }

  /** The text is kept: `line` and `said` are what Python would say of it, `changes` what was
      taken from what was sent. */
  async noteSaved(form, { line, said, changes }, isRestart, sent) {
    this.settle(form);
    const next = isRestart ? "Saved. The server starts with it." : saidOf(form);
    if (line) this.mark(form, line, "");
    const mistake = `Saved, but Python can’t read it. Line ${line}: ${said}`;
    const mended = changes ? `What was pasted is not Python as it is. Changed: ${changes}. ` : "";
    this.tell(form, line ? mistake : `${mended}${next}`, Boolean(line));
    await this.listVersions(form.querySelector("[data-versions]"));
    if (changes) await this.takeMended(form, sent);
  }

  /** Show the text as it was kept, unless somebody has typed on meanwhile. */
  async takeMended(form, sent) {
    const url = form.querySelector("[data-versions]").options[1]?.value;
    const response = url && (await fetch(url));
    const isAsSent = form.elements.code.value.replaceAll("\r\n", "\n") === sent.replaceAll("\r\n", "\n");
    if (response?.ok && isAsSent) form.elements.code.value = await response.text();
  }

  /** What stands in the editor is what is kept. */
  settle(form) {
    delete form.dataset.unsaved;
    form.querySelector("code-editor").setAttribute("error-line", "0");
    const isEdited = form.querySelector("[data-original]").value.trim() !== form.elements.code.value.trim();
    const option = this.select.options[this.forms.indexOf(form)];
    option.text = option.text.replace(/ \(edited\)$/, "") + (isEdited ? " (edited)" : "");
  }

  /** One more version may be there to choose; what was chosen stays so. */
  async listVersions(select) {
    const response = await fetch(select.dataset.versions);
    if (!response.ok) return;
    const chosen = select.value;
    select.innerHTML = await response.text();
    if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
  }

  /** Unsaved text is somebody's work: the browser asks before it is lost. */
  onLeave = (event) => {
    if (this.querySelector("[data-unsaved]")) event.preventDefault();
  };

  tell(form, text, isWrong = false) {
    const place = form.querySelector(".code-told");
    if (!place) return; // Whoever only looks is told nothing but the line.
    place.toggleAttribute("data-wrong", isWrong);
    place.textContent = text;
  }
}

/** What became of a text that was sent. */
function saidOf(form, runs) {
  if (runs) return "It runs; the step on the left says what comes of it.";
  if (form.dataset.step) return "Saved. The step runs these lines from now on.";
  return "Saved. A server that runs already keeps the old code until it is started again.";
}

customElements.define("code-files", CodeFiles);
