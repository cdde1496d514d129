// @ts-check
/** Bytes as text in which each of them shows, and the ends of lines stand apart. */

/** @typedef {{ text: string, mark: string }} Line */

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;

/** @param {string} base64 */
export const decode = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));

/** A text whose control and direction characters are spelled out.
    @param {string} text */
export const spelled = (text) =>
  text.replace(HIDDEN, (each) => {
    const code = each.codePointAt(0) ?? 0;
    if (code < 32) return String.fromCodePoint(0x2400 + code);
    return code === 127 ? "␡" : `\\u{${code.toString(16)}}`;
  });

/** @param {Uint8Array} bytes */
function asText(bytes) {
  try {
    return spelled(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    const letter = (/** @type {number} */ code) =>
      code < 128 ? spelled(String.fromCharCode(code)) : `\\x${code.toString(16)}`;
    return Array.from(bytes, letter).join("");
  }
}

/** The lines of some bytes; the last has a mark only if it is ended.
    @param {Uint8Array} bytes
    @returns {Line[]} */
export function linesOf(bytes) {
  const lines = [];
  let begin = 0;
  while (begin < bytes.length) {
    const found = bytes.indexOf(10, begin);
    const end = found < 0 ? bytes.length : found;
    const isBoth = found > begin && bytes[found - 1] === 13;
    const text = asText(bytes.subarray(begin, isBoth ? end - 1 : end));
    lines.push({ text, mark: found < 0 ? "" : isBoth ? "\\r\\n" : "\\n" });
    begin = end + 1;
  }
  return lines;
}

const ESCAPE = /(\\x[0-9a-fA-F]{2})/;
const ESCAPE_LENGTH = 4;

/** A line's pieces; every other one is an escape for a byte.
    @param {string} line
    @param {boolean} hasEscapes */
export const pieces = (line, hasEscapes) => (hasEscapes ? line.split(ESCAPE) : [line]);

/** How many bytes a text is once its lines are ended so.
    @param {string} text
    @param {boolean} isCrlf
    @param {boolean} hasEscapes */
export function sizeOf(text, isCrlf, hasEscapes = false) {
  const ends = isCrlf ? text.split("\n").length - 1 : 0;
  const escapes = (pieces(text, hasEscapes).length - 1) / 2;
  return new TextEncoder().encode(text).length + ends - escapes * (ESCAPE_LENGTH - 1);
}

/** What a server will wait for; empty where a request looks whole.
    @param {string} text */
export function lacking(text) {
  if (!text || text.includes("\n\n") || /^GET [^ \n]+\n$/.test(text)) return "";
  return "No empty line yet: a server waits for it.";
}
