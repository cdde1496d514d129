/** Lists of lines of text: search, wrap and copy, for `<live-log>` and `<step-output>`. */
import { LiveList } from "./live-list.js";
import { number, places } from "./text-nodes.js";

const SAID_FOR = 1600;

export class LiveText extends LiveList {
  connectedCallback() {
    super.connectedCallback();
    this.wrapper = this.querySelector("[data-wrap]");
    this.copier = this.querySelector("[data-copy]");
    this.wrapper?.addEventListener("click", this.onWrap);
    this.copier?.addEventListener("click", this.onCopy);
    // Copying needs a secure page; elsewhere a button that fails would only annoy.
    if (this.copier) this.copier.hidden = !navigator.clipboard;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.wrapper?.removeEventListener("click", this.onWrap);
    this.copier?.removeEventListener("click", this.onCopy);
    clearTimeout(this.copied);
  }

  matches(item, needle) {
    return item.text.toLowerCase().includes(needle);
  }

  found(item) {
    return places(item.text, this.needle).length > 0;
  }

  onWrap = () => {
    const isWrapped = this.wrapper.getAttribute("aria-pressed") !== "true";
    this.wrapper.setAttribute("aria-pressed", String(isWrapped));
    this.scroller.classList.toggle("is-wrapped", isWrapped);
    if (this.isFollowing) this.render();
    else this.virtual.refresh();
  };

  /** All lines that are kept, or those that match what is searched for. */
  onCopy = async () => {
    const lines = this.view.filter((item) => item.note === undefined).map((item) => item.text);
    const label = this.copier.querySelector("span");
    try {
      await navigator.clipboard.writeText(`${lines.join("\n")}\n`);
      label.textContent = `${number(lines.length)} copied`;
    } catch {
      label.textContent = "Not allowed";
    }
    clearTimeout(this.copied);
    this.copied = setTimeout(() => (label.textContent = "Copy"), SAID_FOR);
  };
}
