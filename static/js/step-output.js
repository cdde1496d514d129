/**
 * `<step-output stream="step:12">`: what a step's command printed, as a terminal shows it. What the
 * server kept of a finished run stands there until the stream itself answers.
 */
import { segments, unfinished } from "./ansi.js";
import { LiveText } from "./live-text.js";
import { element, number, paint } from "./text-nodes.js";
import { isWarning, WarningFold } from "./warning-fold.js";

class StepOutput extends LiveText {
  connectedCallback() {
    this.fallback = this.querySelector("[data-fallback]");
    super.connectedCallback();
  }

  reset() {
    this.styles = new Map();
    this.rests = new Map();
    this.line = this.fold = undefined;
    super.reset();
  }

  /** A piece of output is some lines, the first of which may go on with the last one's. */
  take(entry, items) {
    if (this.fallback) this.fallback.hidden = true;
    const { stream } = entry;
    const text = (this.rests.get(stream) ?? "") + entry.text;
    const held = unfinished(text);
    this.rests.set(stream, held ? text.slice(-held) : "");
    const lines = (held ? text.slice(0, -held) : text).replaceAll("\r\n", "\n").split("\n");
    lines.forEach((line, index) => {
      if (index > 0) this.line = undefined;
      if (index === lines.length - 1 && !line) return;
      this.line ??= this.begin(line, stream, items);
      this.write(this.line, line, stream);
      if (this.fold?.lines.at(-1) === this.line) this.fold.isTouched = true;
    });
  }

  /** A line that begins: an item of its own, or one more of a fold's warnings. */
  begin(text, stream, items) {
    // What a program says of itself is no line of what it was asked for.
    const made = { text: "", parts: [], isBeside: stream !== "stdout" };
    const last = items.at(-1);
    const follows = last !== undefined && last === this.fold;
    if (stream !== "stderr" || !isWarning(text, follows)) {
      items.push(made);
      return made;
    }
    if (!follows || last.isFull) {
      this.fold = new WarningFold();
      items.push(this.fold);
    }
    this.fold.add(made, text);
    return made;
  }

  write(item, text, stream) {
    // A lone carriage return takes the cursor back: what stood on the line is overwritten.
    const from = text.lastIndexOf("\r") + 1;
    if (from && from < text.length) item.parts = [];
    const style = this.styles.get(stream) ?? {};
    this.styles.set(stream, style);
    if (from > 1) segments(text.slice(0, from - 1), style);
    // A note that tells what the portal typed looks like what was typed.
    const kind = stream === "note" && text.startsWith("$ ") ? "typed" : stream;
    for (const part of segments(text.slice(from), style)) {
      item.parts.push({ text: part.text, kind: `terminal-${kind} ${part.kind}`.trim() });
    }
    item.text = item.parts.map((part) => part.text).join("");
    item.isTouched = true;
  }

  summary() {
    // What comes are pieces of lines: the lines are counted, and apart from them the messages.
    let beside = 0;
    this.count = this.dropped;
    for (const item of this.items) {
      if (item.lines) beside += item.lines.length;
      else if (item.isBeside) beside += 1;
      else this.count += 1;
    }
    const messages = beside ? `${number(beside)} message${beside === 1 ? "" : "s"}` : "";
    return [super.summary(), messages].filter(Boolean).join(", ");
  }

  row(item) {
    item.isTouched = false;
    if (item instanceof WarningFold) return item.row(this.needle);
    const row = element("div", "terminal-line");
    if (!item.parts.length) row.append("\n");
    return paint(row, item.parts, this.needle);
  }
}

customElements.define("step-output", StepOutput);
