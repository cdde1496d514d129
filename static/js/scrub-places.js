// @ts-check
/** Where one is on a line of time. Moments are sorted by when they were. */

/** When (seconds since the epoch), kind, source, text, tone.
    @typedef {[number, string, string, string, string]} Moment */

/**
 * The place of the last moment that was by then; -1 before the first.
 * @param {Moment[]} moments @param {number} at
 */
export function lastBy(moments, at) {
  let from = 0;
  let to = moments.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (moments[middle][0] <= at) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

/**
 * The last few of those kinds up to a place, the newest last, each with its place.
 * @param {Moment[]} moments @param {number} place @param {Set<string>} kinds @param {number} most
 */
export function upTo(moments, place, kinds, most) {
  /** @type {[number, Moment][]} */
  const found = [];
  for (let at = place; at >= 0 && found.length < most; at--) {
    if (kinds.has(moments[at][1])) found.unshift([at, moments[at]]);
  }
  return found;
}

/**
 * The place of the next moment of those kinds, or by -1 of the one before; the same where none is.
 * @param {Moment[]} moments @param {number} place @param {Set<string>} kinds @param {1 | -1} by
 */
export function nextOf(moments, place, kinds, by) {
  for (let at = place + by; at >= 0 && at < moments.length; at += by) {
    if (kinds.has(moments[at][1])) return at;
  }
  return place;
}

/**
 * The text of each file as it was at a place.
 * @param {Moment[]} moments @param {number} place
 */
export function codeAt(moments, place) {
  /** @type {Map<string, Moment>} */
  const found = new Map();
  for (const moment of moments.slice(0, place + 1)) if (moment[1] === "code") found.set(moment[2], moment);
  return found;
}
