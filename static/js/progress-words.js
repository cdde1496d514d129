// @ts-check
/** What a page says of something that goes on: in a beginner's words, and nothing that isn't so. */

/**
 * Seconds, as exact as somebody cares for.
 * @param {number} seconds
 */
function about(seconds) {
  return seconds < 10 ? `${Number(seconds.toFixed(1))} s` : `${Math.round(seconds)} s`;
}

/**
 * How long it has taken, beside what it usually takes; 0 where nobody knows that.
 * @param {number} seconds
 * @param {number} usual
 */
export function elapsedWords(seconds, usual) {
  const now = `${seconds.toFixed(1)} s`;
  if (!usual) return now;
  return seconds <= usual ? `${now} of usually ${about(usual)}` : `${now}, longer than the usual ${about(usual)}`;
}

/**
 * How far Spark is. A task is Spark's word for one part of the work, which one core does.
 * @param {{ tasks: number, done: number, running: number }} at
 */
export function sparkWords({ tasks, done, running }) {
  const all = `${tasks} task${tasks === 1 ? "" : "s"}`;
  if (!running && !done) return `Spark has split this into ${all} and is about to begin`;
  const now = running ? `works on ${running}` : "plans what comes next";
  return `Spark ${now}; ${done} of ${all} done`;
}
