// @ts-check
/** What the plot of a topic's rate counts and says, without any page. */
export const SECONDS = 60;

/** The end of an axis that begins with 0: a round number that is not below `most`.
 * @param {number} most */
export function axisEnd(most) {
  if (most <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 5, 10].find((each) => each * power >= most) ?? 10;
  return step * power;
}

/** Where a key leads to from a second, by how long ago each is; undefined: the key says nothing here.
 * @param {number | undefined} ago
 * @param {string} key */
export function moved(ago, key) {
  const from = ago ?? 0;
  if (key === "ArrowLeft" || key === "ArrowDown") return Math.min(SECONDS - 1, from + 1);
  if (key === "ArrowRight" || key === "ArrowUp") return Math.max(0, from - 1);
  if (key === "PageDown") return Math.min(SECONDS - 1, from + 10);
  if (key === "PageUp") return Math.max(0, from - 10);
  if (key === "Home") return SECONDS - 1;
  if (key === "End") return 0;
  return undefined;
}

/** Records by the second in which they were sent, of the last minute and no more. */
export class Rates {
  /** @type {Map<number, number>} */
  counts = new Map();
  newest = 0;

  reset() {
    this.counts.clear();
    this.newest = 0;
  }

  /** @param {number} at A record's time, in seconds since the epoch. */
  add(at) {
    const second = Math.floor(at);
    this.newest = Math.max(this.newest, second);
    if (second <= this.newest - SECONDS) return;
    this.counts.set(second, (this.counts.get(second) ?? 0) + 1);
    if (this.counts.size > 4 * SECONDS) this.forget();
  }

  forget() {
    for (const second of this.counts.keys()) {
      if (second <= this.newest - SECONDS) this.counts.delete(second);
    }
  }

  /** The last second that is counted: by the browser's clock, unless the cluster's is ahead of it.
   * @param {number} now In seconds. */
  end(now) {
    return Math.max(Math.floor(now), Math.min(this.newest, Math.floor(now) + 5));
  }

  /** How many came in each second of the minute that ends with `end`, the oldest first.
   * @param {number} end */
  minute(end) {
    return Array.from({ length: SECONDS }, (_, index) => this.counts.get(end - SECONDS + 1 + index) ?? 0);
  }
}
