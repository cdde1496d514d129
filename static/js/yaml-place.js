// @ts-check
/** Where in a lab.yaml a place of its text is: by indentation, so that half a line will do. */

/**
 * @typedef {(string | number)[]} Path
 * @typedef {{ column: number, part: string | number }} Level
 * @typedef {object} Place
 * @property {Path} path of the mapping that a key is typed in, or of the value that is typed
 * @property {"key" | "value"} kind
 * @property {string} typed what of it is there before the place
 * @property {number} from where that begins
 * @property {Map<string, Record<string, string>>} keys the plain values of each mapping, by the JSON of its path
 */

const KEY = /^("[^"]*"|'[^']*'|[^\s#'"{}[\],&*!|>%@`-][^:#]*?|-[^\s:#][^:#]*?)\s*:(?=\s|$)/;
const BLOCK = /^[|>][-+0-9]*\s*(#.*)?$/;

const plain = (/** @type {string} */ text) => text.replace(/\s+#.*$/, "").replace(/^(["'])(.*)\1$/, "$2");

/**
 * The place at an offset; null inside a block of text or a comment.
 * @param {string} text
 * @param {number} offset
 * @returns {Place | null}
 */
export function placeAt(text, offset) {
  /** @type {Level[]} */
  const levels = [];
  /** @type {Place["keys"]} */
  const keys = new Map();
  /** @type {Place | null} */
  let found = null;
  let block = -1;
  let start = 0;
  const pathOf = () => levels.map((each) => each.part);
  for (const line of text.split("\n")) {
    const isHere = offset >= start && offset <= start + line.length;
    const indent = line.length - line.trimStart().length;
    if (block >= 0 && (indent > block || !line.trim())) {
      if (isHere && (line.trim() || offset - start > block)) return null;
      if (!isHere) {
        start += line.length + 1;
        continue;
      }
    }
    block = -1;
    const column = isHere ? Math.min(line.trim() ? indent : offset - start, line.length) : indent;
    if (line.trim() || isHere) {
      let at = column;
      while (line[at] === "-" && (line[at + 1] ?? " ") === " ") {
        take(levels, at);
        at += 1 + (/^ */.exec(line.slice(at + 1))?.[0].length ?? 0);
      }
      const key = KEY.exec(line.slice(at));
      const rest = line.slice(at);
      if (!rest.startsWith("#") && (key || isHere)) leave(levels, at);
      const value = key ? at + key[0].length + (/^ */.exec(line.slice(at + key[0].length))?.[0].length ?? 0) : at;
      if (isHere) {
        const before = line.slice(0, offset - start);
        if (/(^|\s)#/.test(before) || offset - start < at) return null;
        if (!key || offset - start <= at + key[0].length - 1) {
          const [path, typed] = [pathOf(), before.slice(at)];
          const flow = key ? null : within(typed, path, start + at, keys);
          found = flow ?? { path, kind: "key", typed, from: start + at, keys };
        } else {
          const path = [...pathOf(), plain(key[1])];
          const typed = before.slice(value);
          found = within(typed, path, start + value, keys) ?? { path, kind: "value", typed, from: start + value, keys };
        }
      }
      if (key) {
        const name = plain(key[1]);
        const said = line.slice(value);
        note(keys, pathOf(), name, said);
        levels.push({ column: at, part: name });
        if (BLOCK.test(said)) block = at;
      }
    }
    start += line.length + 1;
  }
  return found;
}

/**
 * An item of a list begins: of the one that is open there, or of a new one.
 * @param {Level[]} levels
 * @param {number} column
 */
function take(levels, column) {
  while (levels.length && levels[levels.length - 1].column > column) levels.pop();
  const last = levels[levels.length - 1];
  if (last?.column === column && typeof last.part === "number") last.part += 1;
  else levels.push({ column, part: 0 });
}

/**
 * A key begins at a column: what is as far right or further is over.
 * @param {Level[]} levels
 * @param {number} column
 */
function leave(levels, column) {
  while (levels.length && levels[levels.length - 1].column >= column) levels.pop();
}

/**
 * @param {Place["keys"]} keys
 * @param {Path} path
 * @param {string} name
 * @param {string} value
 */
function note(keys, path, name, value) {
  const id = JSON.stringify(path);
  keys.set(id, { ...keys.get(id), [name]: plain(value) });
  // A mapping in braces on the line of its key.
  const inside = /^\{(.*)\}?$/.exec(plain(value));
  if (!inside) return;
  for (const [, key, said] of inside[1].matchAll(/([\w-]+):\s+("[^"]*"|'[^']*'|[^,}\s]+)/g)) {
    note(keys, [...path, name], key, said);
  }
}

/**
 * The place at the end of a text that opens braces or brackets; null where it opens none.
 * @param {string} text
 * @param {Path} path
 * @param {number} from
 * @param {Place["keys"]} keys
 * @returns {Place | null}
 */
function within(text, path, from, keys) {
  /** @type {{ isMap: boolean, at: string | number | null }[]} */
  const open = [];
  let quote = "";
  let token = 0;
  for (const [at, sign] of [...text].entries()) {
    const inner = open[open.length - 1];
    if (quote) {
      if (sign === quote) quote = "";
    } else if ((sign === '"' || sign === "'") && !text.slice(token, at).trim()) quote = sign;
    else if (sign === "{" || sign === "[") {
      if (!inner && text.slice(0, at).trim()) return null;
      open.push({ isMap: sign === "{", at: sign === "{" ? null : 0 });
      token = at + 1;
    } else if (sign === "}" || sign === "]") {
      open.pop();
      token = at + 1;
    } else if (inner && sign === ",") {
      inner.at = typeof inner.at === "number" ? inner.at + 1 : null;
      token = at + 1;
    } else if (inner?.isMap && sign === ":" && (text[at + 1] ?? " ") === " ") {
      inner.at = plain(text.slice(token, at).trim());
      token = at + 1;
    }
  }
  if (!open.length || quote) return null;
  while (text[token] === " ") token += 1;
  const inner = open[open.length - 1];
  const whole = [...path, ...open.slice(0, -1).map((each) => each.at ?? "")];
  const isKey = inner.isMap && inner.at === null;
  return {
    path: isKey ? whole : [...whole, inner.at ?? ""],
    kind: isKey ? "key" : "value",
    typed: text.slice(token),
    from: from + token,
    keys,
  };
}
