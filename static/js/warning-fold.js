/**
 * Warnings that follow each other (Spark's WARN, Python's), as one row of a step's output: a count
 * that opens. It stands where they were printed, and holds on to them all.
 */
import { element, number, paint, places } from "./text-nodes.js";

const WARNING = /^(?:\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d WARN |WARNING: |[^\s:][^:]{0,300}:\d+: \w{0,60}Warning: )/;
const CONTINUED = /^\s/;
const MOST = 500;

/** Whether a line is a warning, or, after one, belongs to it. */
export const isWarning = (text, follows) => WARNING.test(text) || (follows && CONTINUED.test(text));

export class WarningFold {
  lines = [];
  warnings = 0;
  isOpen = false;

  /** Take one more line, unless there are too many to be one row. */
  add(line, text) {
    this.lines.push(line);
    if (WARNING.test(text)) this.warnings += 1;
  }

  get isFull() {
    return this.lines.length >= MOST;
  }

  /** All of it, for whoever searches and copies. */
  get text() {
    return this.lines.map((line) => line.text).join("\n");
  }

  row(needle) {
    const made = element("details", "terminal-fold");
    const said = `${number(this.warnings)} warning${this.warnings === 1 ? "" : "s"}`;
    made.append(element("summary", "", said));
    made.open = this.isOpen || places(this.text, needle).length > 0;
    if (made.open) this.fill(made, needle);
    made.addEventListener("toggle", () => {
      this.isOpen = made.open;
      if (made.open && made.childElementCount === 1) this.fill(made, needle);
    });
    return made;
  }

  fill(made, needle) {
    for (const line of this.lines) made.append(paint(element("div", "terminal-line"), line.parts, needle));
  }
}
