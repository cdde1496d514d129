/**
 * `<topic-tools>` in a `<live-topic>`: go to an offset or a time, the topic's details, a record by
 * hand, downloads. What is still on the page is shown from there; the rest is asked of Kafka.
 */
import { note, number } from "./text-nodes.js";

const DETAILS_EVERY = 2000;

class TopicTools extends HTMLElement {
  connectedCallback() {
    this.topic = this.closest("live-topic");
    this.form = this.topic.querySelector("[data-goto]");
    this.place = this.topic.querySelector("[data-place]");
    this.details = document.getElementById("topic-details");
    this.sender = document.getElementById("topic-send");
    this.form.addEventListener("submit", this.onGo);
    this.form.elements.to.addEventListener("change", this.onKind);
    this.place.addEventListener("click", this.onPage);
    this.topic.addEventListener("topic:live", this.onLive);
    this.topic.addEventListener("topic:shown", this.onTopic);
    this.topic.addEventListener("topic:partitions", this.onPartitions);
    this.sender?.querySelector("form").addEventListener("submit", this.onSend);
    this.timer = setInterval(() => this.details.open && this.describe(), DETAILS_EVERY);
    this.addEventListener("click", this.onOpen);
    this.onKind();
    this.onTopic();
  }

  disconnectedCallback() {
    this.form.removeEventListener("submit", this.onGo);
    this.form.elements.to.removeEventListener("change", this.onKind);
    this.place.removeEventListener("click", this.onPage);
    this.topic.removeEventListener("topic:live", this.onLive);
    this.topic.removeEventListener("topic:shown", this.onTopic);
    this.topic.removeEventListener("topic:partitions", this.onPartitions);
    this.sender?.querySelector("form").removeEventListener("submit", this.onSend);
    this.removeEventListener("click", this.onOpen);
    clearInterval(this.timer);
  }

  get name() {
    return encodeURIComponent(this.topic.getAttribute("topic"));
  }

  url(path) {
    return `${this.getAttribute("base")}${path}`;
  }

  // Which topic, which partitions.

  onTopic = () => {
    for (const link of this.querySelectorAll("[data-save]")) {
      link.href = this.url(`download/topic:${this.name}/${link.dataset.save}`);
    }
    for (const place of document.querySelectorAll("[data-topic-name]"))
      place.textContent = this.topic.getAttribute("topic");
    this.onLive();
  };

  onPartitions = ({ detail: partitions }) => {
    const selects = [this.form.elements.partition, this.sender?.querySelector("[name=partition]")];
    for (const select of selects.filter(Boolean)) {
      const kept = select.value;
      const auto = [...select.options].filter((option) => option.value === "");
      select.replaceChildren(...auto, ...partitions.map((each) => new Option(`partition ${each}`, each)));
      if ([...select.options].some((option) => option.value === kept)) select.value = kept;
      select.hidden = partitions.length < 2;
    }
  };

  // Going somewhere.

  onKind = () => {
    const { to, offset, at } = this.form.elements;
    offset.hidden = offset.disabled = to.value !== "offset";
    at.hidden = at.disabled = to.value !== "time";
  };

  onGo = async (event) => {
    event.preventDefault();
    const { to, offset, at, partition } = this.form.elements;
    this.partition = Number(partition.value || 0);
    if (to.value === "newest") return this.topic.onJump();
    if (to.value === "beginning") return this.goTo({ offset: 0 });
    if (to.value === "time") {
      const moment = new Date(at.value).getTime();
      return Number.isNaN(moment) ? at.focus() : this.goTo({ at: moment });
    }
    return offset.value === "" ? offset.focus() : this.goTo({ offset: Number(offset.value) });
  };

  /** Show the first record from there on: on the page if all from there on is, else from Kafka. */
  async goTo({ offset, at }) {
    const own = this.topic.items.filter((item) => item.record?.partition === this.partition);
    const isHere = (item) => (at === undefined ? item.record.offset >= offset : item.record.at * 1000 >= at);
    const first = own.findIndex(isHere);
    const isWhole = first > 0 || (first === 0 && (own[0].record.offset === 0 || own[0].record.offset === offset));
    if (isWhole && !this.topic.elsewhere) return this.topic.reveal(own[first]);
    return this.ask(at === undefined ? { offset } : { at });
  }

  async ask(place) {
    const query = new URLSearchParams({ partition: this.partition, ...place });
    this.tell("Asking Kafka…");
    try {
      const reply = await fetch(this.url(`topics/${this.name}/records/?${query}`));
      const found = await reply.json();
      if (found.error) return this.tell(found.error);
      this.found = found;
      this.topic.showRecords(found.records);
      return this.tellPlace();
    } catch {
      return this.tell("The portal can’t be reached. Try again in a moment.");
    }
  }

  tell(text) {
    this.place.hidden = false;
    this.place.replaceChildren(note(text));
  }

  tellPlace() {
    const { begin, end, offset, records } = this.found;
    const last = records.at(-1)?.offset;
    const shown = records.length ? `offsets ${number(offset)} to ${number(last)}` : "nothing";
    const has = end > begin ? `it has ${number(begin)} to ${number(end - 1)}` : "it is empty";
    const said = document.createElement("span");
    said.textContent = `Partition ${this.partition}: ${shown}; ${has}.`;
    const button = (label, name, isOff) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = label;
      made.dataset.page = name;
      made.disabled = isOff;
      return made;
    };
    this.place.hidden = false;
    this.place.replaceChildren(
      said,
      button("Older", "older", offset <= begin),
      button("Newer", "newer", last === undefined || last + 1 >= end),
      button("Back to live", "live", false),
    );
  }

  onPage = (event) => {
    const page = event.target.closest("[data-page]")?.dataset.page;
    if (page === "live") this.topic.onJump();
    if (page === "older") this.ask({ offset: this.found.offset, before: 1 });
    if (page === "newer") this.ask({ offset: this.found.records.at(-1).offset + 1 });
  };

  onLive = () => {
    this.place.hidden = true;
    this.place.replaceChildren();
  };

  // Details and sending.

  onOpen = (event) => {
    if (event.target.closest("[data-opens=topic-details]")) this.describe();
  };

  async describe() {
    const place = this.details.querySelector("[data-details]");
    try {
      const reply = await fetch(this.url(`topics/?topic=${this.name}`));
      if (!reply.ok || reply.redirected) return;
      // The server's own fragment, in which every value is escaped.
      const text = await reply.text();
      if (text !== this.described) place.innerHTML = text;
      this.described = text;
    } catch {
      place.replaceChildren(note("The portal can’t be reached."));
    }
  }

  onSend = async (event) => {
    event.preventDefault();
    const form = event.target;
    const said = form.querySelector("[data-said]");
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    said.textContent = "Sending…";
    try {
      const reply = await fetch(this.url(`topics/${this.name}/produce/`), { method: "POST", body: new FormData(form) });
      const sent = await reply.json();
      said.textContent = sent.error ?? `Kafka has it: partition ${sent.partition}, offset ${sent.offset}.`;
    } catch {
      said.textContent = "The portal can’t be reached. Look at the topic before you send it again.";
    }
    button.disabled = false;
  };
}

customElements.define("topic-tools", TopicTools);
