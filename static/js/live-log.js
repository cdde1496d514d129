/** `<live-log stream="log:mids">`: the lines of one service's processes as they come. */
import { LiveList, clock, element } from "./live-list.js";

const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f]/g;
const ALARMING = /\bTraceback\b|\b(ERROR|FATAL|CRITICAL)\b|^\w*(Error|Exception)\b|" 5\d\d\b/;
const DOUBTFUL = /\bWARN(ING)?\b|" 4\d\d\b/;

class LiveLog extends LiveList {
  connectedCallback() {
    super.connectedCallback();
    this.select = this.querySelector("[data-stream-select]");
    this.select?.addEventListener("change", this.onSelect);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.select?.removeEventListener("change", this.onSelect);
  }

  onSelect = () => this.show(this.select.value);

  row(entry) {
    const text = entry.text.replace(ESCAPES, "");
    const row = element("div", "line");
    if (ALARMING.test(text)) row.classList.add("is-bad");
    else if (DOUBTFUL.test(text)) row.classList.add("is-doubtful");
    const time = element("time", "line-time", clock(entry.at));
    row.append(time);
    if (entry.process) row.append(element("span", "line-process", entry.process));
    row.append(element("span", "line-text", text));
    return row;
  }
}

customElements.define("live-log", LiveLog);
