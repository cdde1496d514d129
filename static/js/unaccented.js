// @ts-check
/** Letters that are not a plain one with a mark, as people type them without a keyboard for them. */
/** @type {Record<string, string>} */
const LETTERS = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ł: "l", ħ: "h", ı: "i" };
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "g");

/** A text as it is searched: without case and accents, so that `muller` finds Müller.
    @param {string} text */
export function unaccented(text) {
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return bare.replace(SPECIAL, (letter) => LETTERS[letter]).trim();
}
