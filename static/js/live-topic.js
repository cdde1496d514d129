/** `<live-topic topic="events" stream="topic:events:0">`: a topic's records, newest last, by shape. */
import { eventRow, readValue, shapeName } from "./event-row.js";
import { LiveList, element, number } from "./live-list.js";
import { liveSocket } from "./live-socket.js";

const COLOURS = 6;

class LiveTopic extends LiveList {
  noun = ["event", "events"];

  connectedCallback() {
    this.legend = this.querySelector("[data-shapes]");
    super.connectedCallback();
    this.select = this.querySelector("[data-topic-select]");
    this.select?.addEventListener("change", this.onSelect);
    liveSocket().addEventListener("state", this.onState);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.select?.removeEventListener("change", this.onSelect);
    liveSocket().removeEventListener("state", this.onState);
  }

  onSelect = () => {
    this.setAttribute("topic", this.select.value);
    this.show(`topic:${this.select.value}:0`);
  };

  /** A topic with more than one partition is told by the first state that knows of them. */
  onState = (event) => {
    const topic = this.getAttribute("topic");
    for (const partition of event.detail.topics?.[topic] ?? []) {
      this.follow(`topic:${topic}:${partition}`);
    }
  };

  reset() {
    this.shapes = new Map();
    super.reset();
  }

  row(entry) {
    const value = readValue(entry);
    return eventRow(entry, value, this.countShape(value));
  }

  passOver(entry) {
    if (!("gap" in entry)) this.countShape(readValue(entry));
  }

  /** The colour of a value's shape: shapes get theirs in the order in which they appear. */
  countShape(value) {
    const name = shapeName(value);
    const known = this.shapes.get(name);
    if (known) {
      known.count += 1;
      return known.colour;
    }
    const colour = this.shapes.size < COLOURS ? this.shapes.size + 1 : 0;
    this.shapes.set(name, { colour, count: 1 });
    return colour;
  }

  tell() {
    super.tell();
    this.legend.hidden = this.shapes.size === 0;
    this.legend.replaceChildren(
      ...Array.from(this.shapes, ([name, { colour, count }]) => {
        const item = element("li", "shape");
        item.dataset.shape = colour;
        item.append(element("span", "shape-name", name), element("b", "", number(count)));
        item.title = `${number(count)} with the keys ${name}`;
        return item;
      }),
    );
  }
}

customElements.define("live-topic", LiveTopic);
