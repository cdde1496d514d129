// @ts-check
/** What a page knows of one stream: its newest entries, how many are gone, and who shows them. */
import { MOST_CHARACTERS, weight } from "./bounded-queue.js";

/**
 * @typedef {{ n: number, at?: number, partition?: number, gap?: number, text?: string, value?: string | null }} Entry
 * @typedef {{ onEntries(entries: Entry[]): void, onRestart(): void, onRefused(text: string): void }} Viewer
 */

export const KEPT = 20_000;
const SLACK = 1000;

export class LiveChannel {
  last = 0;
  characters = 0;
  /** @type {Entry[]} */
  entries = [];

  /** @param {string} stream */
  constructor(stream) {
    this.stream = stream;
    /** @type {Set<Viewer>} */
    this.viewers = new Set();
    this.epoch = "";
    this.clear();
  }

  clear() {
    this.last = 0;
    this.entries = [];
    this.characters = 0;
  }

  /** Take a batch. Entries that were seen before are dropped: a reconnect may repeat some. A gap
      is kept as an entry of its own, in its place.
      @param {Entry[]} entries
      @param {number} gap
      @param {string} epoch */
  add(entries, gap, epoch = "") {
    if (epoch) this.epoch = epoch;
    const fresh = entries.filter((entry) => entry.n > this.last);
    if (gap && fresh.length === entries.length && fresh.length) {
      const { n, at, partition } = fresh[0];
      fresh.unshift({ gap, n: n - 1, at, partition });
    }
    if (!fresh.length) return;
    this.last = fresh[fresh.length - 1].n;
    for (const entry of fresh) {
      this.entries.push(entry);
      this.characters += weight(entry);
    }
    this.trim();
    for (const viewer of this.viewers) viewer.onEntries(fresh);
  }

  /** Forget the oldest, many at a time. The rows that show them know how many that were. */
  trim() {
    if (this.entries.length <= KEPT + SLACK && this.characters <= MOST_CHARACTERS) return;
    let count = 0;
    while (this.entries.length - count > KEPT || this.characters > 0.9 * MOST_CHARACTERS) {
      this.characters -= weight(this.entries[count]);
      count += 1;
    }
    this.entries.splice(0, count);
  }

  restart(epoch = "") {
    this.clear();
    this.epoch = epoch;
    for (const viewer of this.viewers) viewer.onRestart();
  }
}
