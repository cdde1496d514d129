// @ts-check
/** Recordings of terminals, as asciicast version 3 has them. */

/** @typedef {{ at: number, code: string, data: string }} CastEvent */
/** @typedef {{ columns: number, rows: number, events: CastEvent[], length: number }} Cast */

const LONGEST_PAUSE = 2;
const MOST = 200_000;

/** Reads a recording. Nobody waits longer than two seconds for what comes next. What is no event is
    left out; what is no recording at all has none.
    @param {string} text
    @returns {Cast} */
export function parseCast(text) {
  const [head, ...lines] = text.split("\n");
  const { term = {} } = /** @type {{ term?: { cols?: number, rows?: number } }} */ (parsed(head) ?? {});
  /** @type {CastEvent[]} */
  const events = [];
  let at = 0;
  for (const line of lines.slice(0, MOST)) {
    const found = line.startsWith("[") ? parsed(line) : undefined;
    if (!Array.isArray(found)) continue;
    const [pause, code, data] = found;
    if (!(pause >= 0) || typeof code !== "string" || typeof data !== "string") continue;
    at += Math.min(pause, LONGEST_PAUSE);
    events.push({ at, code, data });
  }
  return { columns: within(term.cols, 80, 500), rows: within(term.rows, 24, 200), events, length: at };
}

/** @param {string} text
    @returns {unknown} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {unknown} value
    @param {number} usual
    @param {number} most */
function within(value, usual, most) {
  return typeof value === "number" && value >= 2 ? Math.min(most, Math.floor(value)) : usual;
}

/** A size as an event has it, `80x24`.
    @param {string} data */
export function sizeOf(data) {
  const found = data.match(/^(\d{1,4})x(\d{1,4})$/);
  return found ? { columns: within(Number(found[1]), 80, 500), rows: within(Number(found[2]), 24, 200) } : undefined;
}

/** 75 seconds as 1:15.
    @param {number} seconds */
export function asTime(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
