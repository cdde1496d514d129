// @ts-check
/**
 * `<line-order answer="2,0,1"><template>line</template>…</line-order>`: lines to be put in order, by
 * buttons, by Alt and an arrow key, or by dragging. The form gets `answer`: the templates' numbers,
 * from 0, in the order that is shown.
 */
import { element } from "./text-nodes.js";

class LineOrder extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    const lines = [...this.querySelectorAll("template")].map(({ content }) => content.textContent ?? "");
    const given = (this.getAttribute("answer") ?? "").split(",").filter(Boolean).map(Number);
    const order = given.length === lines.length ? given : lines.map((_, at) => at);
    this.field = document.createElement("input");
    Object.assign(this.field, { type: "hidden", name: "answer" });
    this.list = document.createElement("ol");
    this.list.className = "line-order";
    this.list.append(...order.map((at) => this.row(lines[at], at)));
    this.said = element("p", "visually-hidden");
    this.said.setAttribute("role", "status");
    this.append(this.field, this.list, this.said);
    this.list.addEventListener("click", this.onClick);
    this.list.addEventListener("keydown", this.onKey);
    this.list.addEventListener("dragstart", this.onDrag);
    this.list.addEventListener("dragover", this.onOver);
    this.list.addEventListener("drop", (event) => event.preventDefault());
    this.note();
  }

  /** @param {string} line @param {number} at */
  row(line, at) {
    const row = document.createElement("li");
    row.dataset.at = String(at);
    row.draggable = true;
    const code = document.createElement("code");
    code.textContent = line;
    row.append(code, this.button("up", "↑", line), this.button("down", "↓", line));
    return row;
  }

  /** @param {string} way @param {string} sign @param {string} line */
  button(way, sign, line) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet small";
    made.dataset.way = way;
    made.textContent = sign;
    made.setAttribute("aria-label", `Move ${way}: ${line.slice(0, 60)}`);
    return made;
  }

  note() {
    if (!this.field || !this.list) return;
    this.field.value = [...this.list.children].map((each) => /** @type {HTMLElement} */ (each).dataset.at).join(",");
  }

  /** @param {Element} row @param {string} way */
  move(row, way) {
    const other = way === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (!other || !this.list || !this.said) return;
    if (way === "up") other.before(row);
    else other.after(row);
    this.note();
    this.said.textContent = `Line ${[...this.list.children].indexOf(row) + 1} of ${this.list.children.length}`;
  }

  /** @param {MouseEvent} event */
  onClick = (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const row = button?.closest("li");
    if (!button || !row) return;
    this.move(row, button.dataset.way ?? "");
    button.focus(); // Moving its row has taken that away.
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    const way = event.altKey && /** @type {Record<string, string>} */ ({ ArrowUp: "up", ArrowDown: "down" })[event.key];
    const target = /** @type {HTMLElement} */ (event.target);
    const row = target.closest("li");
    if (!way || !row) return;
    event.preventDefault();
    this.move(row, way);
    target.focus();
  };

  /** @param {DragEvent} event */
  onDrag = (event) => {
    this.dragged = /** @type {HTMLElement} */ (event.target).closest("li");
    event.dataTransfer?.setData("text/plain", "");
  };

  /** @param {DragEvent} event */
  onOver = (event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest("li");
    if (!this.dragged || !row || row === this.dragged) return;
    event.preventDefault();
    const { top, height } = row.getBoundingClientRect();
    if (event.clientY < top + height / 2) row.before(this.dragged);
    else row.after(this.dragged);
    this.note();
  };
}

customElements.define("line-order", LineOrder);
