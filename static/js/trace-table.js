// @ts-check
/** The same as a table: a row each request, chosen by a button that says which it is. */
import { clock, element, number } from "./text-nodes.js";
import { spoken } from "./trace-scale.js";

/** @typedef {import("./trace-story.js").TraceRequest} TraceRequest */
/** @typedef {import("./trace-story.js").TraceCall} TraceCall */

const SHOWN = 200;
const HEADS = ["Request", "What became of it", "In Kafka", "Row", "Reply", "Time"];

/** @param {TraceRequest[]} requests @param {TraceCall[]} without @param {string} selected @param {boolean} isWhole */
export function table(requests, without, selected, isWhole) {
  const made = element("div", "table-wrap");
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", "Requests as a table");
  const grid = element("table", "data-table trace-table");
  const head = element("tr");
  for (const name of HEADS) {
    const cell = element("th", "", name);
    cell.scope = "col";
    head.append(cell);
  }
  const body = element("tbody");
  const shown = isWhole ? requests : requests.slice(-SHOWN);
  body.append(...shown.toReversed().map((each) => row(each, each.id === selected)), ...without.map(byOrder));
  grid.append(element("thead"), body);
  grid.tHead?.append(head);
  made.append(grid);
  if (shown.length < requests.length) {
    const all = element("button", "small", `Show all ${number(requests.length)}`);
    all.type = "button";
    all.dataset.whole = "";
    made.append(all);
  }
  return made;
}

/** @param {TraceRequest} request @param {boolean} isChosen */
function row(request, isChosen) {
  const made = element("tr");
  made.dataset.id = request.id;
  const head = element("th");
  head.scope = "row";
  const button = element("button", "bare trace-choose", `${request.method} ${request.path.slice(0, 60)}`);
  button.type = "button";
  button.dataset.choose = request.id;
  button.setAttribute("aria-pressed", String(isChosen));
  head.append(button);
  const took = request.out ? `, ${spoken(Math.max(0, request.out - request.at))}` : "";
  const fate = element("td");
  const badge = element("span", "badge trace-fate", request.words);
  badge.dataset.tone = request.tone;
  fate.append(badge);
  const rows = request.records.map(({ row: found }) => (found ? number(found.number) : "–"));
  made.append(
    head,
    fate,
    element("td", "", request.records.map(placeOf).join("; ") || "–"),
    element("td", "", rows.join("; ") || "–"),
    element("td", "", request.status ? `${request.status}${took}` : "none"),
    element("td", "", clock(request.at)),
  );
  return made;
}

/** @param {import("./trace-story.js").TraceRecord} record */
function placeOf(record) {
  if (record.offset === null) return record.lost ? "lost" : "not confirmed";
  const partition = record.partition ? `p${record.partition} ` : "";
  const weak = record.proof === "header" ? "" : ", by the broker’s word";
  return `${record.topic} ${partition}${record.offset}${weak}`;
}

/** A call that no server has noted.
    @param {TraceCall} call */
function byOrder(call) {
  const made = element("tr", "trace-without");
  const head = element("th", "", `${call.method || "GET"} ${call.path.slice(0, 60)}`);
  head.scope = "row";
  const fate = element("td");
  fate.append(element("span", "badge trace-fate", "by order: no server noted it"));
  const time = call.ended_at ? clock(call.ended_at) : "–";
  const reply = call.status ? String(call.status) : "none";
  const cells = ["–", "–", reply, time].map((text) => element("td", "", text));
  made.append(head, fate, ...cells);
  return made;
}
