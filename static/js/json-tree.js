/** A JSON value as nodes that fold, numbers as they were written. */
import { visible } from "./ansi.js";
import { element, paint } from "./text-nodes.js";

const OPEN_DEPTH = 2;
const OPEN_CHILDREN = 60;
const MOST_NODES = 3000;

class Written {
  constructor(source) {
    this.source = source;
  }
}

/** Parse anew: a number that a browser would round, as 2^53 + 1, stays what was written. */
function exact(text) {
  return JSON.parse(text, (_key, value, context) => {
    if (typeof value !== "number" || !context?.source || String(value) === context.source) return value;
    return new Written(context.source);
  });
}

export function jsonTree(text, needle) {
  const box = element("div", "json-tree");
  box.append(node(exact(text), { left: MOST_NODES, needle }, 0, "", ""));
  return box;
}

function node(value, state, depth, name, comma) {
  state.left -= 1;
  const isBranch = value !== null && typeof value === "object" && !(value instanceof Written);
  const children = isBranch ? Object.entries(value) : [];
  if (!children.length) {
    const line = element("div", "json-line");
    label(line, name, state);
    const empty = Array.isArray(value) ? "[]" : "{}";
    if (isBranch) line.append(empty);
    else leaf(line, value, state);
    line.append(comma);
    return line;
  }
  const isList = Array.isArray(value);
  const box = element("details", "json-branch");
  const summary = element("summary", "json-line");
  label(summary, name, state);
  const [open, close] = isList ? "[]" : "{}";
  const count = `${children.length} ${isList ? "item" : "key"}${children.length === 1 ? "" : "s"}`;
  summary.append(open, element("span", "json-folded", ` ${count} ${close}${comma}`));
  box.append(summary);
  const unfold = () => {
    if (box.childElementCount > 1) return;
    for (const [index, [key, child]] of children.entries()) {
      if (state.left < 0) {
        box.append(element("div", "json-line muted", "… the rest is in the raw view"));
        break;
      }
      const isLast = index === children.length - 1;
      box.append(node(child, state, depth + 1, isList ? "" : key, isLast ? "" : ","));
    }
    box.append(element("div", "json-line json-close", close + comma));
  };
  box.open = depth < OPEN_DEPTH && children.length <= OPEN_CHILDREN;
  if (box.open) unfold();
  else box.addEventListener("toggle", unfold, { once: true });
  return box;
}

function label(line, name, state) {
  if (name === "") return;
  paint(line, [{ text: visible(JSON.stringify(name)), kind: "json-key" }], state.needle);
  line.append(": ");
}

function leaf(line, value, state) {
  const kind = typeof value === "string" ? "json-string" : "json-other";
  const text = value instanceof Written ? value.source : JSON.stringify(value);
  paint(line, [{ text: visible(text), kind }], state.needle);
}
