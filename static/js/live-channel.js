/** What a page knows of one stream: its newest entries, how many are gone, and who shows them. */
const KEPT = 2000;

export class LiveChannel {
  constructor(stream) {
    this.stream = stream;
    this.viewers = new Set();
    this.clear();
  }

  clear() {
    this.last = 0;
    this.entries = [];
    this.gone = 0;
  }

  /** Take a batch. Entries that were seen before are dropped: a reconnect may repeat some. */
  add(entries, gap) {
    const fresh = entries.filter((entry) => entry.n > this.last);
    if (!fresh.length && !gap) return;
    if (fresh.length) this.last = fresh.at(-1).n;
    this.gone += gap;
    this.entries.push(...fresh);
    if (this.entries.length > KEPT) this.entries.splice(0, this.entries.length - KEPT);
    for (const viewer of this.viewers) viewer.onEntries(fresh, gap);
  }

  restart() {
    this.clear();
    for (const viewer of this.viewers) viewer.onRestart();
  }
}
