/**
 * `<step-output stream="step:12">`: what a step's command printed, as a terminal shows it. What the
 * server kept of a finished run stands there until the stream itself answers.
 */
import { LiveList, element } from "./live-list.js";

const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b\x0c\x0e-\x1f]/g;
// A lone carriage return takes the cursor back: what stood on the line is overwritten.
const OVERWRITTEN = /[^\n]*\r(?!\n)/g;

class StepOutput extends LiveList {
  connectedCallback() {
    this.fallback = this.querySelector("[data-fallback]");
    this.text = element("pre", "terminal-text");
    this.text.dataset.rows = "";
    this.text.hidden = true;
    this.append(this.text);
    super.connectedCallback();
    this.scroller = this;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.text.remove();
  }

  row(entry) {
    if (this.fallback) this.fallback.hidden = true;
    this.text.hidden = false;
    const text = entry.text.replaceAll("\r\n", "\n").replace(OVERWRITTEN, "").replace(ESCAPES, "");
    // A note that tells what the portal typed looks like what was typed.
    const kind = entry.stream === "note" && text.startsWith("$ ") ? "typed" : entry.stream;
    return element("span", `terminal-${kind}`, text);
  }
}

customElements.define("step-output", StepOutput);
