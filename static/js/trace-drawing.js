// @ts-check
/** The space-time diagram: time to the right, a lane each program, a line each request. */
import { clock } from "./text-nodes.js";
import { BREAK, longestOf, spoken, timeScale } from "./trace-scale.js";
import { LANES, momentsOf, storyOf } from "./trace-story.js";

/** @typedef {import("./trace-story.js").TraceRequest} TraceRequest */
/** @typedef {import("./trace-story.js").TraceEvent} TraceEvent */

const LANE = 46;
const TOP = 34;
const BOTTOM = 22;
const LEFT = 92;
const NARROW_LEFT = 82;
const NARROW = 480;
/** Beside a label; what is left of it is its letters'. */
const AIR = 4;
const RIGHT = 40;
const FEW = 3;
const BURST = 120;
const FAINTEST = 0.1;
const QUIET = 0.25;
const LETTER = 5.8;

/** @param {string} name @param {Record<string, string | number>} given */
function svg(name, given, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, String(value));
  if (text) made.textContent = text;
  return made;
}

const laneY = (/** @type {number} */ lane) => TOP + lane * LANE + LANE / 2;

/**
 * Draw requests into an SVG of at least that width.
 * @param {TraceRequest[]} requests
 * @param {{ width: number, zoom: number, selected: string, labels: Record<string, string> }} options
 */
export function draw(requests, { width, zoom, selected, labels }) {
  const stories = requests.map((request) => ({ request, story: storyOf(request) }));
  const times = stories.flatMap(({ story }) => momentsOf(story));
  const isFew = requests.length <= FEW;
  const left = width < NARROW ? NARROW_LEFT : LEFT;
  const room = Math.max(120, width - left - RIGHT) * zoom;
  const scale = timeScale(times, room, isFew ? longestOf(times) : Math.max(QUIET, longestOf(times)));
  const x = (/** @type {number} */ at) => left + scale.x(at);
  const whole = left + scale.width + RIGHT;
  const height = TOP + LANES.length * LANE + BOTTOM;
  const drawn = svg("svg", { width: whole, height, viewBox: `0 0 ${whole} ${height}`, class: "trace-svg" });
  drawn.classList.toggle("has-chosen", Boolean(selected) && !isFew);
  drawn.classList.toggle("is-burst", requests.length > BURST);
  // Of very many the density shows where they went, as long as none hides the others.
  drawn.style.setProperty("--fade", String(Math.max(FAINTEST, Math.min(1, BURST / requests.length))));
  for (const [lane, name] of LANES.entries()) {
    const y = laneY(lane);
    drawn.append(svg("line", { x1: 0, x2: whole, y1: y, y2: y, class: "trace-lane", "data-lane": name }));
  }
  drawn.append(...axis(scale, left, whole, height, isFew));
  const layer = svg("g", {});
  const isBurst = requests.length > BURST;
  if (isBurst) drawn.append(...crowd(stories, x));
  for (const each of stories) {
    const isChosen = each.request.id === selected;
    layer.append(isBurst && !isChosen ? thread(each, x) : line(each, x, isChosen, isFew));
  }
  // What was lost lies above the others, and what is chosen above all.
  layer.append(...[...layer.children].filter((each) => each.getAttribute("data-tone") === "bad"));
  const chosen = [...layer.children].find((each) => each.classList.contains("is-chosen"));
  if (chosen) layer.append(chosen);
  drawn.append(layer);
  if (isFew) drawn.append(captions(stories, x, scale.begin, whole));
  return { drawn, labels: laneLabels(labels, left - AIR), scale };
}

/** @param {ReturnType<typeof timeScale>} scale @param {number} left
    @param {number} whole @param {number} height @param {boolean} isFew */
function axis(scale, left, whole, height, isFew) {
  const made = [];
  const y = height - 6;
  let free = Number.NEGATIVE_INFINITY;
  const tell = (/** @type {number} */ at, /** @type {number} */ x) => {
    const words = isFew ? clock(at) : clock(at).slice(0, 8);
    const begin = Math.min(x, whole - words.length * LETTER - 8);
    if (begin < free) return;
    free = begin + words.length * LETTER + 16;
    made.push(svg("text", { x: begin, y, class: "trace-time" }, words));
  };
  tell(scale.begin, left);
  for (const { at, seconds, x } of scale.marks) {
    const middle = left + x + BREAK / 2;
    const zigzag = [];
    for (let step = 0, down = TOP; down < height - BOTTOM; step += 1, down += 8) {
      zigzag.push(`${step ? "L" : "M"}${middle + (step % 2 ? 2.5 : -2.5)} ${down}`);
    }
    made.push(svg("path", { d: zigzag.join(""), class: "trace-break" }));
    made.push(svg("text", { x: middle, y: TOP - 8, class: "trace-break-text" }, spoken(seconds)));
    tell(at + seconds, left + x + BREAK);
  }
  return made;
}

/** @typedef {{ request: TraceRequest, story: import("./trace-story.js").Story }} Told */

/** One of very many, as a single element: a browser lays out as many of them as there are requests.
    @param {Told} each @param {(at: number) => number} x */
function thread({ request, story }, x) {
  const ways = story.paths.map((path) => joined(path, x));
  for (const end of story.ends) {
    const [cx, cy] = [x(end.at), laneY(end.lane)];
    ways.push(end.isLost ? cross(cx, cy, 5) : `M${cx - 4} ${cy}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`);
  }
  const given = {
    d: ways.join(""),
    class: "trace-request trace-thread",
    "data-id": request.id,
    "data-tone": request.tone,
  };
  return svg("path", given);
}

/** What lies along the lanes of very many: how long programs were at it, together.
    @param {Told[]} stories @param {(at: number) => number} x */
function crowd(stories, x) {
  /** @type {Map<string, string[]>} */
  const stays = new Map();
  for (const { request, story } of stories) {
    const found = stays.get(request.tone) ?? [];
    stays.set(request.tone, found);
    for (const each of story.stays) found.push(bar(each, x));
  }
  return [...stays].map(([tone, found]) => svg("path", { d: found.join(""), class: "trace-crowd", "data-tone": tone }));
}

/** @param {TraceEvent[]} path @param {(at: number) => number} x */
function joined(path, x) {
  return path.map((event, index) => `${index ? "L" : "M"}${x(event.at).toFixed(1)} ${laneY(event.lane)}`).join("");
}

/** @param {{ lane: number, from: number, to: number }} stay @param {(at: number) => number} x */
function bar({ lane, from, to }, x) {
  return `M${x(from).toFixed(1)} ${laneY(lane)}H${x(to).toFixed(1)}`;
}

/** @param {number} cx @param {number} cy @param {number} size */
function cross(cx, cy, size) {
  return `M${cx - size} ${cy - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`;
}

/** @param {Told} each @param {(at: number) => number} x @param {boolean} isChosen @param {boolean} isFew */
function line({ request, story }, x, isChosen, isFew) {
  const group = svg("g", { class: "trace-request", "data-id": request.id, "data-tone": request.tone });
  group.classList.toggle("is-chosen", isChosen);
  const ways = story.paths.map((path) => joined(path, x)).join("");
  group.append(svg("path", { d: ways + joined(story.back, x), class: "trace-hit" }));
  group.append(svg("path", { d: story.stays.map((each) => bar(each, x)).join(""), class: "trace-stay" }));
  if (story.back.length) group.append(svg("path", { d: joined(story.back, x), class: "trace-back" }));
  group.append(svg("path", { d: ways, class: "trace-way" }));
  const dots = [...story.paths.flat(), ...story.back].map((event) => `${joined([event], x)}h0`);
  group.append(svg("path", { d: [...new Set(dots)].join(""), class: "trace-dots" }));
  for (const end of story.ends) {
    const [cx, cy] = [x(end.at), laneY(end.lane)];
    const size = isFew ? 7 : 5;
    if (end.isLost) {
      group.append(svg("path", { d: cross(cx, cy, size), class: "trace-lost" }));
    } else group.append(svg("circle", { cx, cy, r: size - 1, class: "trace-open" }));
  }
  group.append(svg("title", {}, `${request.method} ${request.path}: ${request.words}`));
  return group;
}

/** What happened, beside each event; where there is no room for it, the diagram alone says it.
    @param {{ story: import("./trace-story.js").Story }[]} stories @param {(at: number) => number} x
    @param {number} begin @param {number} whole */
function captions(stories, x, begin, whole) {
  const layer = svg("g", { class: "trace-captions" });
  /** @type {Map<number, number>} */
  const free = new Map();
  for (const { story } of stories) {
    const passed = story.ends.length ? story.paths.flat() : [...story.paths.flat(), ...story.back.slice(0, 1)];
    const events = [...passed].sort((one, other) => one.at - other.at);
    for (const event of [...events, ...story.ends]) {
      const isEnd = story.ends.some((each) => each === event);
      const words = `${event.what.slice(0, 34)} +${spoken(event.at - begin)}`;
      const length = words.length * LETTER;
      const at = Math.min(x(event.at) + 6, whole - length - 6);
      // An end has the room below its lane, where nothing goes on.
      const place = isEnd ? event.lane + LANES.length : event.lane;
      if (at < (free.get(place) ?? 0)) continue;
      free.set(place, at + length);
      const y = laneY(event.lane) + (isEnd ? 20 : -9);
      layer.append(svg("text", { x: at, y, class: "trace-caption" }, words));
    }
  }
  return layer;
}

/** @param {Record<string, string>} labels @param {number} width The most that one has room for. */
function laneLabels(labels, width) {
  const box = document.createElement("div");
  box.className = "trace-labels";
  box.setAttribute("aria-hidden", "true");
  box.style.setProperty("--labels", `${width}px`);
  for (const name of LANES) {
    const label = document.createElement("span");
    label.textContent = labels[name] ?? name;
    label.dataset.lane = name;
    box.append(label);
  }
  return box;
}
