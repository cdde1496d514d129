// @ts-check
/** Makes nodes. What comes from a cluster gets into the page as text nodes only. */

/** An element of that class with that text.
    @template {keyof HTMLElementTagNameMap} Name
    @param {Name} name
    @param {string} [className]
    @param {string} [text] */
export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A row that is not of the stream but about it. */
export const note = (/** @type {string} */ text) => element("p", "row-note", text);

export const number = (/** @type {number} */ value) => value.toLocaleString("en");

const twoDigits = (/** @type {number} */ value) => String(value).padStart(2, "0");

/** An entry's time, which is in seconds since the epoch, as 14:03:22.118.
    @param {number} seconds */
export function clock(seconds) {
  if (!(seconds >= 0)) return "no time";
  const at = new Date(seconds * 1000);
  if (Number.isNaN(at.getTime())) return "no time";
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits);
  return `${parts.join(":")}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** 1,234 bytes, 12 KB, 3.4 MB.
    @param {number} count */
export function bytes(count) {
  if (count < 10_000) return `${number(count)} byte${count === 1 ? "" : "s"}`;
  if (count < 1_000_000) return `${number(Math.round(count / 1024))} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}

/** Where `needle`, which is in lower case, stands in a text: [[from, to], …].
    @param {string} text
    @param {string} needle */
export function places(text, needle) {
  /** @type {[number, number][]} */
  const found = [];
  if (!needle) return found;
  const lower = text.toLowerCase();
  // Letters whose small form is longer would shift everything: then only whole texts are marked.
  if (lower.length !== text.length) return found;
  for (let at = lower.indexOf(needle); at >= 0 && found.length < 100; at = lower.indexOf(needle, at + needle.length)) {
    found.push([at, at + needle.length]);
  }
  return found;
}

/** Put [{text, kind}] into a node, with what was searched for marked.
    @param {HTMLElement} node
    @param {import("./ansi.js").Segment[]} parts */
export function paint(node, parts, needle = "") {
  const found = places(parts.map((part) => part.text).join(""), needle);
  let at = 0;
  for (const { text, kind } of parts) {
    const place = kind ? node.appendChild(element("span", kind)) : node;
    let from = 0;
    for (const [begin, end] of found) {
      const first = Math.max(begin - at, from);
      const last = Math.min(end - at, text.length);
      if (last <= first) continue;
      if (first > from) place.append(text.slice(from, first));
      place.append(element("mark", "", text.slice(first, last)));
      from = last;
    }
    if (from < text.length) place.append(text.slice(from));
    at += text.length;
  }
  return node;
}
