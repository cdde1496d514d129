// @ts-check
/**
 * Rows of a long list of which only those near the sight are in the page. Above and below them
 * stand two spacers, as high as the rows that are not there would be, by the average of those that
 * are. `items` belongs to the list; `make(item)` returns a row.
 */
import { Sight } from "./sight.js";

const MOST = 240;
const MARGIN = 600;
const LOWEST_ROW = 18;
const SPARE = 30;
const MEASURE_EVERY = 1000;

/** @template Item */
export class VirtualRows {
  start = 0;
  end = 0;
  /** The height of a row, in pixels, by what was measured last. */
  average = 22;
  measuredAt = Number.NEGATIVE_INFINITY;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} place Holds nothing but the rows.
   * @param {(item: Item) => HTMLElement} make
   */
  constructor(scroller, place, make) {
    this.scroller = scroller;
    this.sight = new Sight(scroller);
    this.make = make;
    this.above = document.createElement("div");
    this.place = document.createElement("div");
    this.below = document.createElement("div");
    this.above.className = this.below.className = "spacer";
    place.replaceChildren(this.above, this.place, this.below);
    this.root = place;
    /** @type {Item[]} */
    this.items = [];
    this.clear(this.items);
  }

  /** @param {Item[]} items */
  clear(items) {
    this.items = items;
    this.start = 0;
    this.end = 0;
    this.place.replaceChildren();
    this.space();
  }

  space() {
    this.above.style.height = `${Math.round(this.start * this.average)}px`;
    this.below.style.height = `${Math.round((this.items.length - this.end) * this.average)}px`;
  }

  measure() {
    this.measuredAt = performance.now();
    const count = this.end - this.start;
    const height = this.place.offsetHeight;
    if (count && height) this.average = Math.max(8, height / count);
  }

  /** The list has lost its first `count` items.
      @param {number} count */
  dropped(count) {
    const gone = Math.min(count, this.start);
    for (let left = Math.min(count, this.end) - gone; left > 0; left -= 1) {
      this.place.firstElementChild?.remove();
    }
    this.start = Math.max(0, this.start - count);
    this.end = Math.max(0, this.end - count);
    if (gone) this.sight.moveTo(this.scroller.scrollTop - Math.round(gone * this.average));
    this.space();
  }

  /** Show the newest, with as few changes to the page as that takes. */
  toEnd() {
    // No more than fit in sight, and a few: in a flood all of them are new in every frame.
    const fitting = Math.ceil(this.scroller.clientHeight / LOWEST_ROW) + SPARE;
    const start = Math.max(0, this.items.length - fitting);
    if (start > this.end || start < this.start) this.place.replaceChildren();
    else for (let index = this.start; index < start; index += 1) this.place.firstElementChild?.remove();
    const from = Math.max(start, this.place.childElementCount ? this.end : start);
    this.place.append(this.made(from, this.items.length));
    this.start = start;
    this.end = this.items.length;
    // Measuring lays the page out once more.
    if (performance.now() - this.measuredAt >= MEASURE_EVERY) this.measure();
    this.space();
    this.sight.moveTo(this.scroller.scrollHeight);
  }

  /** More items have come at the end, which nobody looks at now. */
  grown() {
    if (this.end - this.start < MOST && this.end < this.items.length) {
      const end = Math.min(this.items.length, this.start + MOST);
      this.place.append(this.made(this.end, end));
      this.end = end;
    }
    this.space();
    this.sight.grow();
  }

  /** What stands there has another height: the end comes back into sight. */
  keepEnd() {
    if (this.scroller.clientHeight && this.sight.isShort) this.sight.moveTo(this.scroller.scrollHeight);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  made(from, to) {
    const fragment = document.createDocumentFragment();
    for (let index = from; index < to; index += 1) fragment.append(this.make(this.items[index]));
    return fragment;
  }

  /** Rows around what is in sight, if it is near the edge of those that are there. */
  look() {
    const { scrollTop, clientHeight } = this.scroller;
    const top = this.top;
    const bottom = top + this.place.offsetHeight;
    const isLow = scrollTop < top + MARGIN && this.start > 0;
    const isHigh = scrollTop + clientHeight > bottom - MARGIN && this.end < this.items.length;
    if (!isLow && !isHigh) return;
    const isInSight = scrollTop < bottom && scrollTop + clientHeight > top;
    if (isInSight) {
      const { index, offset } = this.firstInSight();
      this.render(index, offset);
    } else {
      const from = scrollTop - (top - this.above.offsetHeight);
      this.render(Math.floor(from / this.average), 0);
    }
  }

  /** Where the rows that are there begin, in the scroller's own coordinates. */
  get top() {
    const { scroller, place } = this;
    return place.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
  }

  /** The first row in sight, and how far below the top edge it begins. */
  firstInSight() {
    const edge = this.scroller.getBoundingClientRect().top;
    const rows = this.place.children;
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].getBoundingClientRect().bottom > edge) high = middle;
      else low = middle + 1;
    }
    const row = rows[low];
    return { index: this.start + low, offset: row ? row.getBoundingClientRect().top - edge : 0 };
  }

  /** Render around item `index`, and have its row begin `offset` below the top edge.
      @param {number} index
      @param {number} offset */
  render(index, offset) {
    const at = Math.max(0, Math.min(index, this.items.length - 1));
    const focused = this.focused();
    this.start = Math.max(0, Math.min(at - (MOST >> 1), this.items.length - MOST));
    this.end = Math.min(this.items.length, this.start + MOST);
    this.place.replaceChildren(this.made(this.start, this.end));
    this.measure();
    this.space();
    /** @type {HTMLElement | null | undefined} */
    const holder = focused < 0 ? null : this.place.children[focused - this.start]?.querySelector("summary, a");
    holder?.focus({ preventScroll: true });
    const row = this.place.children[at - this.start];
    if (!row) return;
    const edge = this.scroller.getBoundingClientRect().top;
    this.sight.moveTo(this.scroller.scrollTop + row.getBoundingClientRect().top - edge - offset);
  }

  /** Make the row of an item anew, if it is there.
      @param {number} index */
  renew(index) {
    if (index >= this.start && index < this.end) {
      this.place.children[index - this.start].replaceWith(this.make(this.items[index]));
    }
  }

  /** The row of an item, in the middle of the sight.
      @param {number} index */
  reveal(index) {
    this.render(index, this.scroller.clientHeight / 3);
    return this.place.children[index - this.start];
  }

  /** The item whose row has the focus; -1 if none has. */
  focused() {
    const row = [...this.place.children].findIndex((each) => each.contains(document.activeElement));
    return row < 0 ? -1 : this.start + row;
  }

  /** Make every row that is there anew, where it stands. */
  refresh() {
    if (!this.items.length || !this.scroller.clientHeight) return this.clear(this.items);
    const { index, offset } = this.firstInSight();
    this.render(index, offset);
  }
}
