/**
 * `<code-editor [gutter]>`: makes the textarea inside one for code. Tab indents, Enter keeps the
 * indentation, control-S submits; Escape lets the next Tab leave, so nobody is caught in it.
 */
const INDENT = "    ";

class CodeEditor extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    this.area.addEventListener("keydown", this.onKey);
    if (this.hasAttribute("gutter")) this.addGutter();
  }

  disconnectedCallback() {
    this.area.removeEventListener("keydown", this.onKey);
    this.area.removeEventListener("input", this.number);
    this.area.removeEventListener("scroll", this.align);
    this.gutter?.remove();
  }

  addGutter() {
    this.gutter = document.createElement("div");
    this.gutter.className = "editor-gutter";
    this.gutter.setAttribute("aria-hidden", "true");
    this.prepend(this.gutter);
    this.area.addEventListener("input", this.number);
    this.area.addEventListener("scroll", this.align, { passive: true });
    this.number();
  }

  number = () => {
    const lines = this.area.value.split("\n").length;
    if (lines === this.lines) return;
    this.lines = lines;
    this.gutter.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
    this.align();
  };

  align = () => {
    this.gutter.scrollTop = this.area.scrollTop;
  };

  onKey = (event) => {
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!this.area.readOnly) this.area.form?.requestSubmit();
    } else if (event.key === "Escape") {
      this.isLeaving = true;
    } else if (event.key === "Tab" && !event.ctrlKey && !this.isLeaving && !this.area.readOnly) {
      event.preventDefault();
      if (event.shiftKey) this.unindent();
      else this.type(INDENT);
    } else if (event.key === "Enter" && !event.isComposing && !this.area.readOnly && !event.ctrlKey) {
      event.preventDefault();
      this.type(`\n${this.lineStart().match(/^\s*/)[0]}`);
    } else if (!["Tab", "Shift"].includes(event.key)) {
      this.isLeaving = false;
    }
  };

  lineStart() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    return before.slice(before.lastIndexOf("\n") + 1);
  }

  unindent() {
    const start = this.lineStart();
    const spaces = Math.min(INDENT.length, start.match(/ *$/)[0].length);
    if (!spaces) return;
    this.area.selectionStart -= spaces;
    document.execCommand("delete");
  }

  /** Type as a keyboard would: unlike setting the value, this leaves undo intact. */
  type(text) {
    document.execCommand("insertText", false, text);
  }
}

customElements.define("code-editor", CodeEditor);
