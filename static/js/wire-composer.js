// @ts-check
/**
 * `<wire-composer>`: where a request is made up. The ends of lines show behind each line, as they
 * will be sent; examples are filled in for the server that is chosen.
 */
import { bytes, element, number } from "./text-nodes.js";
import { lacking, pieces, sizeOf } from "./wire-bytes.js";

const MOST = 64 * 1024;
const MARKED = 20_000;
/** Of the window's height: what begins below that is brought up. */
const IN_SIGHT = 0.6;

class WireComposer extends HTMLElement {
  connectedCallback() {
    this.form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    this.area = /** @type {HTMLTextAreaElement} */ (this.querySelector("[data-typed]"));
    this.marks = /** @type {HTMLElement} */ (this.querySelector("[data-marks]"));
    this.example = /** @type {HTMLSelectElement} */ (this.querySelector("[data-example]"));
    this.list = document.getElementById("wire-list");
    this.addEventListener("input", this.show);
    this.area.addEventListener("scroll", this.onScroll);
    this.example.addEventListener("change", this.onExample);
    this.list?.addEventListener("click", this.onEdit);
    this.list?.addEventListener("htmx:afterSettle", this.onAnswer);
    this.form.addEventListener("submit", this.onSubmit);
    if (!this.area.value) this.begin();
    this.show();
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.show);
    this.area?.removeEventListener("scroll", this.onScroll);
    this.example?.removeEventListener("change", this.onExample);
    this.list?.removeEventListener("click", this.onEdit);
    this.list?.removeEventListener("htmx:afterSettle", this.onAnswer);
    this.form?.removeEventListener("submit", this.onSubmit);
  }

  /** @param {string} name */
  value(name) {
    return String(new FormData(this.form).get(name) ?? "");
  }

  /** The first example is what most people want. */
  begin() {
    if (this.example) this.example.selectedIndex = 1;
    this.onExample();
  }

  onExample = () => {
    const option = this.example?.selectedOptions[0];
    const look = /** @type {HTMLElement} */ (this.querySelector("[data-look]"));
    look.textContent = option?.dataset.says ?? "";
    look.hidden = !look.textContent;
    if (option?.dataset.text === undefined) return;
    const [host, port] = this.value("to").split(":");
    this.fill(
      option.dataset.text
        .replaceAll("{host}", host)
        .replaceAll("{port}", port)
        .replaceAll("{{", "{")
        .replaceAll("}}", "}"),
    );
  };

  /** @param {string} text */
  fill(text) {
    if (!this.area) return;
    this.area.value = text;
    this.area.scrollTop = 0;
    this.show();
  }

  show = () => {
    if (!this.area || !this.marks) return;
    const isCrlf = this.value("line_ends") === "crlf";
    const isByLines = this.value("how") === "lines";
    const text = this.area.value;
    const hasEscapes = this.value("escapes") !== "";
    const size = sizeOf(text, isCrlf, hasEscapes);
    this.querySelector("[data-editor]")?.toggleAttribute("hidden", isByLines);
    this.querySelector("[data-telnet]")?.toggleAttribute("hidden", !isByLines);
    this.querySelector("[data-look]")?.toggleAttribute(
      "hidden",
      isByLines || !this.example?.selectedOptions[0]?.dataset.says,
    );
    const label = this.querySelector("[data-label]");
    if (label) label.textContent = isByLines ? "Open the connection" : "Send";
    const told = /** @type {HTMLElement} */ (this.querySelector("[data-size]"));
    const isTooLong = size > MOST;
    told.toggleAttribute("data-wrong", isTooLong && !isByLines);
    told.textContent = isByLines ? "" : this.told(size, isTooLong, text);
    this.mark(text.length > MARKED ? "" : text, isCrlf ? "\\r\\n" : "\\n", hasEscapes);
  };

  /**
   * @param {number} size
   * @param {boolean} isTooLong
   * @param {string} text
   */
  told(size, isTooLong, text) {
    if (isTooLong) return `${bytes(size)}: more than the 64 KB that one connection takes.`;
    return `${number(size)} byte${size === 1 ? "" : "s"}. ${lacking(text)}`.trim();
  }

  /** The same text once more behind the field, in no colour, with its marks in one.
      @param {string} text
      @param {string} mark
      @param {boolean} hasEscapes */
  mark(text, mark, hasEscapes) {
    const lines = text.split("\n");
    const nodes = lines.flatMap((line, index) => {
      const found = pieces(line, hasEscapes);
      const shown = found.map((piece, at) => (at % 2 ? element("span", "mark", piece) : piece));
      return index < lines.length - 1 ? [...shown, element("span", "mark", mark), "\n"] : shown;
    });
    this.marks?.replaceChildren(...nodes);
    this.onScroll();
  }

  onScroll = () => {
    if (!this.marks || !this.area) return;
    this.marks.scrollTop = this.area.scrollTop;
    this.marks.scrollLeft = this.area.scrollLeft;
  };

  /** What was sent once is taken up again.
      @param {MouseEvent} event */
  onEdit = (event) => {
    /** @type {HTMLElement | null} */
    const button = /** @type {Element} */ (event.target).closest("[data-edits]");
    if (!button || !this.form || !this.area) return;
    const to = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem("to"));
    if ([...to.options].some((each) => each.value === button.dataset.to)) to.value = button.dataset.to ?? "";
    const once = /** @type {HTMLInputElement} */ (this.form.querySelector('[name="how"][value="once"]'));
    once.checked = true;
    const ends = this.form.querySelector(`[name="line_ends"][value="${button.dataset.ends}"]`);
    if (ends instanceof HTMLInputElement) ends.checked = true;
    const escapes = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("escapes"));
    escapes.checked = "escaped" in button.dataset;
    if (this.example) this.example.selectedIndex = 0;
    this.onExample();
    this.fill(button.dataset.edits ?? "");
    this.scrollIntoView({ block: "nearest" });
    this.area.focus();
  };

  onSubmit = () => {
    this.isSent = true;
  };

  /** What a press on Send brought is brought into sight, and telnet's line gets the keys. */
  onAnswer = () => {
    if (!this.isSent) return;
    this.isSent = false;
    const shown = this.list?.querySelector("wire-live, [data-testid='wire-refusal'], article");
    if (shown && shown.getBoundingClientRect().top > window.innerHeight * IN_SIGHT) shown.scrollIntoView();
    /** @type {HTMLElement | null | undefined} */
    const line = this.list?.querySelector("wire-live input[name=line]");
    line?.focus({ preventScroll: true });
  };
}

customElements.define("wire-composer", WireComposer);
