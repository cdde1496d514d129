/**
 * `<live-topic topic="events">`: a topic's records, newest last, by shape and by what happened.
 * Which partitions there are, and how the topic is, the session's state tells.
 */
import "./rate-chart.js";
import "./topic-tools.js";
import { eventRow } from "./event-row.js";
import { LiveList } from "./live-list.js";
import { liveSocket } from "./live-socket.js";
import { eventType, fieldText, readValue, shapeName } from "./record-value.js";
import { element, number } from "./text-nodes.js";

const COLOURS = 6;
const MOST_SHAPES = 40;
const MOST_TYPES = 200;
const SHOWN_TYPES = 8;
const MOST_PARTITIONS = 40;
const CONDITIONS = {
  "waiting-broker": "Kafka does not answer",
  "waiting-topic": "not created yet",
  deleted: "deleted",
};

class LiveTopic extends LiveList {
  noun = ["event", "events"];

  connectedCallback() {
    this.legend = this.querySelector("[data-shapes]");
    this.types = this.querySelector("[data-types]");
    this.chart = this.querySelector("rate-chart");
    this.condition = this.querySelector("[data-condition]");
    this.select = this.querySelector("[data-topic-select]");
    this.field = this.querySelector("[data-field]");
    this.pauser = this.querySelector("[data-pause]");
    super.connectedCallback();
    this.select.addEventListener("change", this.onSelect);
    this.field.addEventListener("change", this.onSearch);
    this.pauser.addEventListener("click", this.onPause);
    this.types.addEventListener("click", this.onType);
    liveSocket().addEventListener("state", this.onState);
    if (liveSocket().state) this.onState({ detail: liveSocket().state });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.select.removeEventListener("change", this.onSelect);
    this.field.removeEventListener("change", this.onSearch);
    this.pauser.removeEventListener("click", this.onPause);
    this.types.removeEventListener("click", this.onType);
    liveSocket().removeEventListener("state", this.onState);
  }

  get topic() {
    return this.getAttribute("topic");
  }

  onSelect = () => {
    this.setAttribute("topic", this.select.value);
    this.show(`topic:${this.select.value}:0`);
    if (liveSocket().state) this.onState({ detail: liveSocket().state });
    this.dispatchEvent(new CustomEvent("topic:shown", { detail: this.topic }));
  };

  /** The session's state tells the topics, their partitions, and what their readers say. */
  onState = ({ detail }) => {
    if (!detail.topics) return;
    const names = Object.keys(detail.topics);
    const listed = [...this.select.options].map((option) => option.value);
    for (const name of names) {
      if (!listed.includes(name)) this.select.add(new Option(name, name));
    }
    this.partitions = detail.topics[this.topic] ?? [0];
    for (const partition of this.partitions.slice(0, MOST_PARTITIONS)) {
      this.follow(`topic:${this.topic}:${partition}`);
    }
    const told = CONDITIONS[detail.conditions?.[this.topic]];
    this.condition.hidden = !told;
    this.condition.textContent = told ?? "";
    this.dispatchEvent(new CustomEvent("topic:partitions", { detail: this.partitions }));
  };

  reset() {
    this.shapes = new Map();
    this.happened = new Map();
    this.chart?.reset?.();
    super.reset();
    this.tellPaused();
  }

  onEntries(entries) {
    super.onEntries(entries);
    if (this.followed.size > 1) this.queue.entries = byTime(this.queue.entries);
  }

  take(record, items) {
    const item = this.made(record);
    const type = eventType(item.value, this.getAttribute("event-key") ?? "");
    if (type) {
      const name = type.join(":");
      if (this.happened.size < MOST_TYPES || this.happened.has(name)) {
        this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
      }
    }
    this.chart?.add?.(record.at);
    items.push(item);
  }

  made(record) {
    const value = readValue(record);
    return { record, value, shape: this.countShape(value) };
  }

  row(item) {
    const row = eventRow(item, this.needle);
    // Whoever opens a record reads it: nothing may push it away.
    row.addEventListener("toggle", () => row.open && this.isFollowing && this.letGo(false));
    return row;
  }

  matches(item, needle) {
    const text = fieldText(item.record, item.value, this.field.value);
    return Boolean(text?.toLowerCase().includes(needle));
  }

  passOver(entry) {
    super.passOver(entry);
    if (!("gap" in entry)) this.countShape(readValue(entry));
  }

  /** The colour of a value's shape: shapes get theirs in the order in which they appear. */
  countShape(value) {
    const name = shapeName(value).slice(0, 400);
    const known = this.shapes.get(name);
    if (known) {
      known.count += 1;
      return known.colour;
    }
    for (const key of (value.keys ?? []).slice(0, 50)) this.offerField(key);
    if (this.shapes.size >= MOST_SHAPES) return 0;
    const colour = this.shapes.size < COLOURS ? this.shapes.size + 1 : 0;
    this.shapes.set(name, { colour, count: 1 });
    return colour;
  }

  /** A key of the events can be searched in. */
  offerField(key) {
    const { options } = this.field;
    if (options.length > 60 || key.startsWith("@") || !key) return;
    if (![...options].some((option) => option.value === key)) this.field.add(new Option(key.slice(0, 60), key));
  }

  tell() {
    super.tell();
    this.legend.hidden = this.shapes.size === 0;
    this.legend.replaceChildren(
      element("li", "muted", "keys"),
      ...Array.from(this.shapes, ([name, { colour, count }]) => {
        const item = element("li", "shape");
        item.dataset.shape = colour;
        item.append(element("span", "shape-name", name), element("b", "", number(count)));
        item.title = `${number(count)} with the keys ${name}`;
        return item;
      }),
    );
    this.tellTypes();
    const shown = this.querySelector("[data-empty-topic]");
    if (shown) shown.textContent = this.topic;
  }

  /** How often what happened, the most frequent first. */
  tellTypes() {
    const counted = [...this.happened].sort(([, one], [, other]) => other - one);
    const shown = counted.slice(0, SHOWN_TYPES);
    this.types.hidden = !shown.length;
    this.types.replaceChildren(
      element("li", "muted", "kinds"),
      ...shown.map(([name, count]) => {
        const item = element("li");
        const button = element("button", "bare event-type", name.slice(name.indexOf(":") + 1));
        button.type = "button";
        button.dataset.type = name;
        button.append(" ", element("b", "", number(count)));
        button.title = "Show only these";
        item.append(button);
        return item;
      }),
    );
    if (counted.length > shown.length) {
      this.types.append(element("li", "muted", `and ${number(counted.length - shown.length)} more kinds`));
    }
  }

  onType = (event) => {
    const name = event.target.closest("[data-type]")?.dataset.type;
    if (!name) return;
    const at = name.indexOf(":");
    this.offerField(name.slice(0, at));
    const isOn = this.field.value === name.slice(0, at) && this.search.value === name.slice(at + 1);
    this.field.value = isOn ? "" : name.slice(0, at);
    this.search.value = isOn ? "" : name.slice(at + 1);
    this.onSearch();
  };

  onPause = () => {
    if (this.isPaused) this.onJump();
    else {
      this.isPaused = true;
      this.letGo(false);
    }
    this.tellPaused();
  };

  onJump = () => {
    super.goOn();
    this.tellPaused();
    this.dispatchEvent(new CustomEvent("topic:live"));
  };

  tellPaused() {
    this.pauser.setAttribute("aria-pressed", String(this.isPaused));
    this.pauser.textContent = this.isPaused ? "Go on" : "Pause";
  }

  /** Show these records instead of those that come. */
  showRecords(records) {
    this.elsewhere = records.map((record) => {
      const value = readValue(record);
      return { record, value, shape: this.shapes.get(shapeName(value).slice(0, 400))?.colour ?? 0 };
    });
    this.letGo(false);
    this.filter();
    this.virtual.sight.moveTo(0);
  }
}

/** Several partitions' entries by time, as far as that leaves each partition's in their order. */
function byTime(entries) {
  const waiting = new Map();
  for (const entry of entries) {
    if (!waiting.has(entry.partition)) waiting.set(entry.partition, []);
    waiting.get(entry.partition).push(entry);
  }
  if (waiting.size < 2) return entries;
  const heads = [...waiting.values()].map((queue) => ({ queue, at: 0 }));
  return entries.map(() => {
    const left = heads.filter(({ queue, at }) => at < queue.length);
    const first = left.reduce((one, other) => (other.queue[other.at].at < one.queue[one.at].at ? other : one));
    return first.queue[first.at++];
  });
}

customElements.define("live-topic", LiveTopic);
