// @ts-check
/**
 * A line of time on which nothing is stretched: one scale for all of it, but that long times in
 * which nothing happened are cut out, each with a mark that says how long it was.
 */

export const BREAK = 30;
const SLACK = 0.5;

/** @typedef {{ at: number, seconds: number, x: number }} Cut */

/** The times that are cut out: longer than `longest` seconds without anything.
    @param {number[]} times
    @param {number} longest */
export function cuts(times, longest) {
  const sorted = [...new Set(times)].sort((one, other) => one - other);
  /** @type {{ from: number, to: number }[]} */
  const found = [];
  for (let index = 1; index < sorted.length; index += 1) {
    const [from, to] = [sorted[index - 1], sorted[index]];
    if (to - from > longest) found.push({ from, to });
  }
  return { sorted, found };
}

/** What is a long time among these: many times the usual one between two of them.
    @param {number[]} times */
export function longestOf(times) {
  const sorted = [...new Set(times)].sort((one, other) => one - other);
  const gaps = sorted.slice(1).map((each, index) => each - sorted[index]);
  gaps.sort((one, other) => one - other);
  const usual = gaps.length ? gaps[Math.floor(gaps.length / 2)] : 0;
  return Math.max(0.002, usual * 12);
}

/**
 * A scale of at least `width` pixels.
 * @param {number[]} times Seconds since the epoch.
 * @param {number} width
 * @param {number} longest
 */
export function timeScale(times, width, longest) {
  const { sorted, found } = cuts(times, longest);
  const begin = sorted[0] ?? 0;
  const end = sorted.at(-1) ?? 0;
  const cut = found.reduce((sum, each) => sum + (each.to - each.from), 0);
  const shown = Math.max(end - begin - cut, 1e-6);
  const room = Math.max(width - found.length * BREAK, width * (1 - SLACK));
  const perSecond = room / shown;
  /** @type {Cut[]} */
  const marks = [];
  let gone = 0;
  for (const [index, each] of found.entries()) {
    const x = (each.from - begin - gone) * perSecond + index * BREAK;
    marks.push({ at: each.from, seconds: each.to - each.from, x });
    gone += each.to - each.from;
  }
  /** @param {number} time */
  const x = (time) => {
    let skipped = 0;
    let breaks = 0;
    for (const each of found) {
      if (time < each.to) {
        if (time > each.from) return marks[breaks].x + (BREAK * (time - each.from)) / (each.to - each.from);
        break;
      }
      skipped += each.to - each.from;
      breaks += 1;
    }
    return (time - begin - skipped) * perSecond + breaks * BREAK;
  };
  return { x, marks, begin, end, perSecond, width: room + found.length * BREAK };
}

/** How long, as people say it: 0.8 ms, 12 ms, 3.4 s, 5 min.
    @param {number} seconds */
export function spoken(seconds) {
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
