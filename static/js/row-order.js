// @ts-check
/**
 * The order of a table's rows, changed some rows at a time from the top: to lay out hundreds of moved
 * rows at once holds a page up for half a second, and the first of them are what is looked at.
 */
const ROWS = 25;

export class RowOrder {
  /** @type {number | undefined} */
  frame;

  /** @param {HTMLElement} body Holds nothing but the rows. */
  constructor(body) {
    this.body = body;
  }

  /** Bring the rows into this order. Another order that is on its way is given up.
      @param {HTMLElement[]} rows */
  bring(rows) {
    this.stop();
    this.from(rows, 0);
  }

  /**
   * @param {HTMLElement[]} rows
   * @param {number} start
   */
  from(rows, start) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    let moves = 0;
    let at = start;
    let place = start ? rows[start - 1].nextElementSibling : this.body.firstElementChild;
    for (; at < rows.length && moves < ROWS; at += 1) {
      const row = rows[at];
      if (row.parentElement !== this.body) continue; // It has left the table meanwhile.
      if (place && place !== row) {
        moves += 1;
        // A row that went down leaves one in the way; one that went up is put before many.
        if (place.nextElementSibling === row) this.body.append(place);
        else this.body.insertBefore(row, place);
      }
      place = row.nextElementSibling;
    }
    if (focused && document.activeElement !== focused && this.body.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
    if (at < rows.length) this.frame = requestAnimationFrame(() => this.from(rows, at));
  }

  stop() {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.frame = undefined;
  }
}
