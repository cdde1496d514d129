// @ts-check
/** Entries that wait to be taken in, bounded in number and characters. */
export const MOST_CHARACTERS = 24_000_000;

/** @typedef {{ text?: string, value?: string | null }} Weighed */

/** About how many characters an entry holds on to.
    @param {Weighed | undefined} entry */
export const weight = (entry) => (entry?.text?.length ?? 0) + (entry?.value?.length ?? 0) + 100;

/** @template {Weighed} Entry */
export class BoundedQueue {
  /** @type {Entry[]} */
  entries = [];
  characters = 0;

  /** @param {number} most */
  constructor(most) {
    this.most = most;
    this.clear();
  }

  clear() {
    this.entries = [];
    this.characters = 0;
  }

  get length() {
    return this.entries.length;
  }

  /** Take entries; return those that there is no room for, the oldest.
      @param {Entry[]} entries */
  push(entries) {
    for (const entry of entries) {
      this.entries.push(entry);
      this.characters += weight(entry);
    }
    if (this.length <= 2 * this.most && this.characters <= MOST_CHARACTERS) return [];
    const kept = Math.min(this.most, this.length >> 1);
    return this.remove(this.length - kept);
  }

  /** @param {number} count */
  remove(count) {
    const removed = this.entries.splice(0, count);
    for (const entry of removed) this.characters -= weight(entry);
    return removed;
  }

  /** Hand entries over until that time, as `performance.now` tells it.
      @param {number} until
      @param {(entry: Entry) => void} take */
  drain(until, take) {
    let taken = 0;
    while (taken < this.length) {
      take(this.entries[taken++]);
      if ((taken & 31) === 0 && performance.now() > until) break;
    }
    this.remove(taken);
  }
}
