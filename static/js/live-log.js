/**
 * `<live-log stream="log:mids">`: the lines of one service's processes as they come. Each line has
 * an address of its own, `#log-mids-123`.
 */
import { plain, segments } from "./ansi.js";
import { LiveText } from "./live-text.js";
import { rowLinks } from "./row-links.js";
import { clock, element, note, paint } from "./text-nodes.js";

const ALARMING = /\bTraceback\b|\b(ERROR|FATAL|CRITICAL)\b|^\w*(Error|Exception)\b|" 5\d\d\b/;
const DOUBTFUL = /\bWARN(ING)?\b|" 4\d\d\b/;
// True, said at each start, and no trouble here: it is told what it means instead of in red.
const DEVELOPMENT = /^WARNING: This is a development server\b/;
const DEVELOPMENT_NOTE = " It says so each time. It means: good for learning and testing, as here; not for the public.";
const ADDRESS = /^#log-([A-Za-z0-9._-]+)-(\d+)$/;

class LiveLog extends LiveText {
  connectedCallback() {
    this.select = this.querySelector("[data-stream-select]");
    this.saver = this.querySelector("[data-save]");
    super.connectedCallback();
    this.select?.addEventListener("change", this.onSelect);
    window.addEventListener("hashchange", this.onAddress);
    this.onAddress();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.select?.removeEventListener("change", this.onSelect);
    window.removeEventListener("hashchange", this.onAddress);
  }

  get service() {
    return (this.select?.value ?? this.getAttribute("stream")).slice("log:".length);
  }

  onSelect = () => {
    this.wanted = undefined;
    this.show(this.select.value);
    if (this.saver) this.saver.href = this.saver.href.replace(/log:[^/]+/, this.select.value);
  };

  take(entry, items) {
    items.push({ n: entry.n, at: entry.at, process: entry.process, raw: entry.text, text: plain(entry.text) });
  }

  row(item) {
    const row = element("div", "line");
    row.id = `log-${this.service}-${item.n}`;
    const isKnown = DEVELOPMENT.test(item.text);
    if (isKnown) row.classList.add("is-known");
    else if (ALARMING.test(item.text)) row.classList.add("is-bad");
    else if (DOUBTFUL.test(item.text)) row.classList.add("is-doubtful");
    const address = element("a", "line-number", String(item.n));
    address.href = `#${row.id}`;
    address.title = "A link to this line";
    row.append(address, element("time", "line-time", clock(item.at)));
    if (item.process) row.append(element("span", "line-process", item.process));
    const parts = isKnown ? [{ text: item.text, kind: "" }] : segments(item.raw);
    const text = paint(element("span", "line-text"), parts, this.needle);
    if (isKnown) text.append(element("span", "line-note", DEVELOPMENT_NOTE));
    row.append(text);
    row.append(...rowLinks("line", { service: this.service, item }));
    return row;
  }

  /** The address names a line: show it, once it has come. */
  onAddress = () => {
    const found = location.hash.match(ADDRESS);
    if (!found) return;
    const [, service, line] = found;
    customElements.whenDefined("tab-set").then(() => this.closest("tab-set")?.select("log", true));
    if (this.select && service !== this.service) {
      this.select.value = `log:${service}`;
      if (!this.select.value) return;
      this.onSelect();
    }
    this.wanted = Number(line);
    this.showWanted();
  };

  flush() {
    super.flush();
    if (this.wanted) this.showWanted();
  }

  showWanted() {
    const item = this.items.find((each) => each.n >= this.wanted);
    if (!item) return;
    if (item.n > this.wanted && !item.isTold) {
      item.isTold = true;
      this.scroller.prepend(note(`Line ${this.wanted} is gone; this is what comes after it.`));
    }
    this.wanted = undefined;
    // The panel may have been out of sight until now.
    requestAnimationFrame(() => this.reveal(item));
  }
}

customElements.define("live-log", LiveLog);
