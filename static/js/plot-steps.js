// @ts-check
/** Where a pointer or a key leads to among the marks of a plot, without any page. */

/** The mark that a pointer is nearest to, by the middles of all.
 * @param {number[]} middles
 * @param {number} at */
export function nearest(middles, at) {
  let found = 0;
  for (const [index, middle] of middles.entries()) {
    if (Math.abs(middle - at) < Math.abs(middles[found] - at)) found = index;
  }
  return found;
}

/** The mark that a key leads to; undefined: the key says nothing here.
 * @param {number | undefined} at
 * @param {string} key
 * @param {number} count Of marks.
 * @param {boolean} isTable Its rows lie below each other: the other two arrows scroll it. */
export function stepped(at, key, count, isTable) {
  const [back, on] = isTable ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
  const from = at ?? -1;
  const last = count - 1;
  if (key === back || (!isTable && key === "ArrowDown")) return Math.max(0, from - 1);
  if (key === on || (!isTable && key === "ArrowUp")) return Math.min(last, from + 1);
  if (key === "PageUp") return Math.max(0, from - 10);
  if (key === "PageDown") return Math.min(last, from + 10);
  if (key === "Home") return 0;
  if (key === "End") return last;
  return undefined;
}
