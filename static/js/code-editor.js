/**
 * `<code-editor [language] [error-line] [schema] [margin]>`: makes the textarea inside one for code, with CodeMirror.
 * The textarea stays what the form sends, and what is there should CodeMirror not load. Tab
 * indents, control-S saves, control-Enter runs; Escape lets the next Tab leave.
 */
const native = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
const FRAME = '<div class="mirror"></div><div class="source"><slot></slot></div>';
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { position: relative; }
  .mirror { min-width: 0; }
  .mirror > .cm-editor { max-height: 24rem; }
  :host(.editor) .mirror { position: absolute; inset: 0; }
  :host(.editor) .mirror > .cm-editor { height: 100%; max-height: none; }
  .source { position: absolute; width: 1px; height: 1px; opacity: 0; overflow: hidden; pointer-events: none; }
  .source ::slotted(textarea) { width: 1px; height: 1px; }
`);

class CodeEditor extends HTMLElement {
  static observedAttributes = ["error-line"];

  async connectedCallback() {
    this.area = this.querySelector("textarea");
    const { Editor } = await import("./code-mirror.js");
    // It may have left the page meanwhile, or have been moved within it.
    if (!this.isConnected || this.editor) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    if (!root.firstChild) root.innerHTML = FRAME;
    root.adoptedStyleSheets = [sheet];
    this.editor = new Editor(root, {
      text: this.area.value,
      language: this.getAttribute("language") ?? "python",
      label: this.getAttribute("label") ?? this.area.getAttribute("aria-label") ?? "Code",
      isReadOnly: this.area.readOnly,
      schema: this.getAttribute("schema"),
      hasMargin: this.hasAttribute("margin"),
      onChange: this.onTyped,
      onMove: () => this.dispatchEvent(new Event("code:moved", { bubbles: true })),
      onSave: () => this.area.readOnly || this.area.form?.requestSubmit(),
      onRun: () => this.area.form?.querySelector("button")?.click(),
    });
    this.follow();
    this.mark();
    if (this.found) this.editor.problems = this.found;
    this.form = this.area.form;
    // Capture: what is pressed sends the form at once.
    this.form?.addEventListener("click", this.onClick, true);
  }

  disconnectedCallback() {
    // Moved within the page it is connected again at once, and keeps its editor.
    queueMicrotask(() => this.isConnected || this.end());
  }

  attributeChangedCallback() {
    this.mark();
  }

  end() {
    this.editor?.destroy();
    this.editor = null;
    this.watcher?.disconnect();
    this.area.removeEventListener("input", this.onInput);
    this.form?.removeEventListener("click", this.onClick, true);
    delete this.area.value;
  }

  /** Whoever writes to the textarea, by hand or by script, writes to the editor. */
  follow() {
    const show = () => {
      if (this.editor) this.editor.text = native.get.call(this.area);
    };
    Object.defineProperty(this.area, "value", {
      configurable: true,
      get: native.get,
      set(text) {
        native.set.call(this, text);
        show();
      },
    });
    this.area.tabIndex = -1;
    this.area.addEventListener("input", this.onInput);
    // A live update changes the text of one that nobody has touched.
    this.watcher = new MutationObserver(() => {
      if (this.area.tabIndex !== -1) this.area.tabIndex = -1;
      show();
    });
    this.watcher.observe(this.area, { childList: true, characterData: true, subtree: true, attributes: true });
  }

  onTyped = (text) => {
    native.set.call(this.area, text);
    this.editor.mark(0);
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  /** What the form sends beside the whole text: the selected lines, where those are to be run. */
  onClick = (event) => {
    const button = event.target.closest("button");
    const { selection } = this.area.form.elements;
    if (!selection || !button) return;
    selection.value = button.hasAttribute("data-run-selection") ? this.editor.selectedLines : "";
  };

  onInput = () => {
    this.editor.text = native.get.call(this.area);
  };

  mark() {
    this.editor?.mark(Number(this.getAttribute("error-line") ?? 0));
  }

  /** What is wrong in it: `line`, `column` and `said` of each. */
  set problems(found) {
    this.found = found;
    if (this.editor) this.editor.problems = found;
  }

  get position() {
    return this.editor?.position ?? 0;
  }

  go(line, column) {
    this.editor?.go(line, column);
  }

  diff(original) {
    this.editor?.diff(original);
  }

  focus() {
    if (this.editor) this.editor.focus();
    else this.area.focus();
  }
}

customElements.define("code-editor", CodeEditor);
