/** One record of a topic: a row of one line that opens into what the record holds. */
import { clock, element, number } from "./live-list.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** What a record's value is: {kind, text, keys, data}. Kinds: object, json, text, empty, null, bytes. */
export function readValue(record) {
  if (record.is_null) return { kind: "null", text: "null: a tombstone" };
  if (record.encoding === "base64") return { kind: "bytes", text: hex(record.value) };
  if (record.value === "") return { kind: "empty", text: "empty" };
  try {
    const data = JSON.parse(record.value);
    const isObject = data !== null && typeof data === "object" && !Array.isArray(data);
    if (isObject) return { kind: "object", text: record.value, data, keys: Object.keys(data).sort() };
    return { kind: "json", text: record.value, data };
  } catch {
    return { kind: "text", text: record.value };
  }
}

/** How a shape is called in the legend. */
export function shapeName(value) {
  switch (value.kind) {
    case "object":
      return value.keys.length ? value.keys.join(", ") : "{} without keys";
    case "json":
      return "JSON, but no object";
    case "text":
      return "not JSON";
    case "bytes":
      return "not text";
    default:
      return value.kind;
  }
}

const BADGES = { json: "no object", text: "not JSON", bytes: "not text" };

export function eventRow(record, value, shape) {
  const details = element("details", "event");
  details.dataset.shape = shape;
  details.dataset.kind = value.kind;
  details.dataset.offset = record.offset;
  const summary = element("summary", "event-line");
  const place = element("span", "event-offset", String(record.offset));
  if (record.partition) place.append(element("span", "event-partition", `p${record.partition}`));
  const text = element("span", "event-value");
  if (BADGES[value.kind]) text.append(element("span", "badge", BADGES[value.kind]), " ");
  text.append(value.text.slice(0, 400));
  summary.append(place, element("time", "event-time", clock(record.at)), text);
  details.append(summary);
  details.addEventListener("toggle", () => details.append(body(record, value)), { once: true });
  return details;
}

function body(record, value) {
  const box = element("div", "event-body");
  const pre = element("pre", "event-json");
  if ("data" in value) pre.append(coloured(JSON.stringify(value.data, null, 2)));
  else pre.textContent = value.text;
  const facts = element("dl", "event-facts small");
  const tell = (name, fact) => facts.append(element("dt", "", name), element("dd", "", fact));
  tell("partition", String(record.partition));
  tell("offset", String(record.offset));
  tell("key", record.key === null || record.key === undefined ? "none" : String(record.key));
  tell("size", `${number(record.size ?? 0)} bytes`);
  for (const [name, header] of headers(record)) tell(`header ${name}`, header);
  if (record.truncated) tell("shown", "only its beginning; it is longer");
  box.append(pre, facts);
  return box;
}

function headers(record) {
  const given = record.headers ?? [];
  return Array.isArray(given) ? given.map(([name, value]) => [name, String(value)]) : Object.entries(given);
}

/** JSON text as nodes, with keys, strings and other values told apart. */
function coloured(text) {
  const fragment = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    fragment.append(text.slice(from, match.index));
    const [whole, string, colon] = match;
    const kind = colon ? "json-key" : string ? "json-string" : "json-other";
    fragment.append(element("span", kind, string ?? whole));
    if (colon) fragment.append(colon);
    from = match.index + whole.length;
  }
  fragment.append(text.slice(from));
  return fragment;
}

function hex(base64) {
  const bytes = Array.from(atob(base64), (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0"));
  return bytes.join(" ");
}
