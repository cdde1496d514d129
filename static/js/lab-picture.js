// @ts-check
/** `<lab-picture>`: a picture beside a lab's texts, shown in the place of the editor of a text. */
import { element } from "./text-nodes.js";

const POINTER = /^picture:([0-9a-f]{64})\.([a-z]+):(\d+)x(\d+)$/;

/**
 * The address of the picture that a text stands for, below `base`; empty for a text that is one.
 * @param {string} text @param {string} base
 */
export function addressOf(text, base) {
  const found = POINTER.exec(text);
  return found ? `${base}${found[1]}.${found[2]}` : "";
}

class LabPicture extends HTMLElement {
  /** @param {string} address @param {string} path */
  show(address, path) {
    const picture = /** @type {HTMLImageElement} */ (element("img", ""));
    picture.src = address;
    picture.alt = `The picture ${path}`;
    const line = element("code", "", `![What it shows, for whoever can’t see it](${path})`);
    const how = element("p", "small muted", "In a text: ");
    how.append(line);
    this.tabIndex = -1;
    this.append(picture, how);
  }

  /** There are no lines to go to, and none that differ. */
  go() {
    this.focus();
  }

  diff() {}
}

if (globalThis.customElements) customElements.define("lab-picture", LabPicture);
