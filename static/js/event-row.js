/** One record of a topic: a row of one line that opens into what the record holds. */
import { visible } from "./ansi.js";
import { jsonTree } from "./json-tree.js";
import { dump, headers, keyText, rawBytes } from "./record-value.js";
import { rowLinks } from "./row-links.js";
import { bytes, clock, element, paint } from "./text-nodes.js";

const BADGES = { json: "no object", text: "not JSON", bytes: "not text", cut: "large", skipped: "not readable" };
const SHOWN = 400;

/** An item is {record, value, shape, isOpen}. */
export function eventRow(item, needle) {
  const { record, value } = item;
  const details = element("details", "event");
  details.dataset.shape = item.shape;
  details.dataset.kind = value.kind;
  details.dataset.offset = record.offset;
  const summary = element("summary", "event-line");
  const place = element("span", "event-offset", String(record.offset));
  if (record.partition) place.append(element("span", "event-partition", `p${record.partition}`));
  const text = element("span", "event-value");
  if (BADGES[value.kind]) text.append(element("span", "badge", BADGES[value.kind]), " ");
  const key = keyText(record);
  if (key) {
    const kept = visible(key.slice(0, 60));
    paint(text.appendChild(element("span", "event-key")), [{ text: kept, kind: "" }], needle);
    text.append(" ");
  }
  paint(text, [{ text: visible(value.text.slice(0, SHOWN)), kind: "" }], needle);
  summary.append(place, element("time", "event-time", clock(record.at)), text);
  details.append(summary);
  details.open = Boolean(item.isOpen);
  if (details.open) details.append(body(item, needle));
  details.addEventListener("toggle", () => {
    item.isOpen = details.open;
    if (details.open && details.childElementCount === 1) details.append(body(item, needle));
  });
  return details;
}

function body(item, needle) {
  const { record, value } = item;
  const box = element("div", "event-body");
  const content = element("div", "event-content");
  const views = viewsOf(record, value, needle);
  const buttons = element("div", "event-views");
  buttons.setAttribute("role", "group");
  buttons.setAttribute("aria-label", "Show the value as");
  const show = (name) => {
    item.shownAs = name;
    for (const button of buttons.children) {
      button.setAttribute("aria-pressed", String(button.textContent === name));
    }
    content.replaceChildren(views[name]());
  };
  for (const name of Object.keys(views)) {
    const button = element("button", "bare event-view", name);
    button.type = "button";
    button.addEventListener("click", () => show(name));
    buttons.append(button);
  }
  show(item.shownAs ?? Object.keys(views)[0]);
  const left = element("div", "event-left");
  left.append(buttons, content);
  box.append(left, facts(record));
  return box;
}

/** By name, what makes each view of a value; the most telling comes first. */
function viewsOf(record, value, needle) {
  const pre = (text) => paint(element("pre", "event-text"), [{ text, kind: "" }], needle);
  const views = {};
  if (value.kind === "skipped") {
    views.Reason = () => pre(`The portal read over ${value.text}. kafkacat reads them.`);
    return views;
  }
  if (value.kind === "null" || value.kind === "empty") {
    views.Value = () => pre(value.kind === "null" ? "null: no value at all" : "an empty value: 0 bytes");
    return views;
  }
  if ("data" in value) views.JSON = () => jsonTree(record.value, needle);
  if (record.encoding !== "base64") views.Raw = () => pre(visible(record.value));
  views.Bytes = () => element("pre", "event-bytes", dump(rawBytes(record)));
  return views;
}

function facts(record) {
  const list = element("dl", "event-facts small");
  const tell = (name, fact) => list.append(element("dt", "", name), element("dd", "", fact));
  tell("partition", String(record.partition));
  tell("offset", String(record.offset));
  tell("timestamp", when(record.at));
  const hasKey = record.key !== null && record.key !== undefined;
  tell("key", hasKey ? visible(keyText(record)) || "empty" : "none");
  if (record.size !== undefined) tell("size", bytes(record.size));
  for (const [name, content] of headers(record)) tell(`header ${visible(name)}`, visible(content));
  if (record.truncated) tell("shown", "only its beginning");
  for (const link of rowLinks("record", record)) list.append(element("dt", "", "from"), wrapped(link));
  return list;
}

function wrapped(link) {
  const fact = element("dd");
  fact.append(link);
  return fact;
}

function when(seconds) {
  if (!(seconds >= 0)) return "none";
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? "none" : at.toISOString().replace("T", " ").replace("Z", " UTC");
}
