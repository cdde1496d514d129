// @ts-check
/**
 * What a terminal would make of a text, as far as a page may: colours and weights, as classes.
 * Everything else that a terminal obeys (cursor, title, links, clipboard) is left out, and control
 * and direction characters are shown as what they are.
 */
const CSI = "\x1b\\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]";
// A string (title, link, clipboard, …) goes on to its end, or to the end of the text.
const STRING = "(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c|$|(?=\x1b))";
const SEQUENCE = new RegExp(`${CSI}|${STRING}|\x1b[ -/]*[0-~]?|[\x80-\x9f]`, "g");
const UNFINISHED = /(?:\x1b(?:\[[0-?]*[ -/]*)?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*\x1b?)$/;
const LONGEST_UNFINISHED = 4096;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/**
 * @typedef {{ ink?: string, ground?: string, isBold?: boolean, isFaint?: boolean, isItalic?: boolean,
 *   isUnderlined?: boolean, isInverse?: boolean }} Style
 * @typedef {{ text: string, kind: string }} Segment
 */

/** The part of a text that is the beginning of a sequence whose end is still to come.
    @param {string} text */
export function unfinished(text) {
  const found = text.slice(-LONGEST_UNFINISHED).match(UNFINISHED);
  return found ? found[0].length : 0;
}

/** Characters that would act, as characters that are seen.
    @param {string} text */
export function visible(text) {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** Plain text, without any sequence.
    @param {string} text */
export const plain = (text) => visible(text.replace(SEQUENCE, ""));

/** A text as [{text, kind}]; `style` is kept from one text to the next.
    @param {string} text
    @param {Style} style */
export function segments(text, style = {}) {
  if (!/[\x1b\x80-\x9f]/.test(text)) return text ? [{ text: visible(text), kind: kind(style) }] : [];
  /** @type {Segment[]} */
  const found = [];
  let from = 0;
  const push = (/** @type {string} */ part) => part && found.push({ text: visible(part), kind: kind(style) });
  for (const match of text.matchAll(SEQUENCE)) {
    push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const colours = match[0].match(/^(?:\x1b\[|\x9b)([0-9;:]*)m$/);
    if (colours) apply(style, colours[1]);
  }
  push(text.slice(from));
  return found;
}

/** @param {Style} style */
function kind(style) {
  const { ink, ground, isBold, isFaint, isItalic, isUnderlined, isInverse } = style;
  const names = [];
  const [front, back] = isInverse ? [ground ?? "ground", ink ?? "ink"] : [ink, ground];
  if (front) names.push(`ink-${front}`);
  if (back) names.push(`ground-${back}`);
  if (isBold) names.push("is-bold");
  if (isFaint) names.push("is-faint");
  if (isItalic) names.push("is-italic");
  if (isUnderlined) names.push("is-underlined");
  return names.join(" ");
}

/** @param {Style} style
    @param {string} codes */
function apply(style, codes) {
  const numbers = codes.split(/[;:]/).map(Number);
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at];
    if (code === 38 || code === 48) {
      const isIndexed = numbers[at + 1] === 5;
      const colour = isIndexed ? indexed(numbers[at + 2]) : nearest(numbers.slice(at + 2, at + 5));
      style[code === 38 ? "ink" : "ground"] = colour;
      at += isIndexed ? 2 : 4;
    } else simple(style, code);
  }
}

/** @param {Style} style
    @param {number} code */
function simple(style, code) {
  if (code === 0) for (const name of Object.keys(style)) delete style[/** @type {keyof Style} */ (name)];
  else if (code === 1) style.isBold = true;
  else if (code === 2) style.isFaint = true;
  else if (code === 3) style.isItalic = true;
  else if (code === 4) style.isUnderlined = true;
  else if (code === 7) style.isInverse = true;
  else if (code === 22) style.isBold = style.isFaint = false;
  else if (code === 23) style.isItalic = false;
  else if (code === 24) style.isUnderlined = false;
  else if (code === 27) style.isInverse = false;
  else if (code === 39) delete style.ink;
  else if (code === 49) delete style.ground;
  else if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) style.ink = NAMES[code % 10];
  else if ((code >= 40 && code < 48) || (code >= 100 && code < 108)) style.ground = NAMES[code % 10];
}

/** One of the 256 colours as one of the eight.
    @param {number} number */
function indexed(number) {
  if (!(number >= 0)) return undefined;
  if (number < 16) return NAMES[number % 8];
  if (number > 231) return number > 243 ? "white" : "black";
  const cube = number - 16;
  return nearest([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((each) => each * 51));
}

/** @param {number[]} rgb */
function nearest(rgb) {
  if (rgb.length < 3 || rgb.some((each) => !(each >= 0))) return undefined;
  const most = Math.max(...rgb);
  const bits = rgb.map((each) => (most > 60 && each > most * 0.6 ? 1 : 0));
  return NAMES[bits[0] + 2 * bits[1] + 4 * bits[2]];
}
