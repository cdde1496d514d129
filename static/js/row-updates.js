// @ts-check
/**
 * Rows of a table that have changed on the server, morphed into place some at a time: a frame takes
 * what fits into it, and the page stays at hand however many come at once. A row that says what it
 * said before is left alone.
 */
const BUDGET = 8;

export class RowUpdates {
  /** @type {Map<string, string>} What is still to be placed, by the row's id. */
  waiting = new Map();
  /** @type {Map<string, string>} What was placed last. */
  placed = new Map();
  /** @type {number | undefined} */
  frame;

  /**
   * @param {(id: string, html: string) => void} place Puts one row into the page.
   * @param {() => void} done All that was waiting is placed.
   */
  constructor(place, done) {
    this.place = place;
    this.done = done;
  }

  /** @param {Record<string, string>} rows */
  add(rows) {
    for (const [id, html] of Object.entries(rows)) {
      if (this.placed.get(id) === html) this.waiting.delete(id);
      else this.waiting.set(id, html);
    }
    this.schedule();
  }

  /** Other rows stand there now. */
  forget() {
    this.waiting.clear();
    this.placed.clear();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => this.work());
  }

  work() {
    this.frame = undefined;
    const until = performance.now() + BUDGET;
    for (const [id, html] of this.waiting) {
      this.waiting.delete(id);
      this.placed.set(id, html);
      this.place(id, html);
      if (performance.now() > until) break;
    }
    if (this.waiting.size) this.schedule();
    else this.done();
  }

  stop() {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
  }
}
