// @ts-check
/**
 * Where a scroller stands, and who has moved it: the list, a person, or the layout. A scroll event
 * comes late and says none of that, and by then rows, notes or the panel's height may have
 * changed. So a list moves its scroller by `moveTo` alone, and an event is held against where
 * that left it. Layout moves a scroller up only by as much as what it shows became shorter, which
 * the browser may report some frames later; nearer than that, a hand has to be on it.
 */
const NEAR_END = 32;
// Chromium rounds to the screen's pixels, which may be smaller than the page's.
const ROUNDING = 1;
const RECENT = 1000;

/** @typedef {Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight">} Scroller */

export class Sight {
  /** @type {number | undefined} Where the scroller stood when somebody last looked. */
  top;
  furthest = 0;
  earlier = 0;
  shorter = 0;

  /** @param {Scroller} scroller */
  constructor(scroller, now = () => performance.now()) {
    this.scroller = scroller;
    this.now = now;
    this.usedAt = this.shorterAt = this.sentAt = -Infinity;
    this.forget();
  }

  /** What comes next is not a person's: the scroller was out of sight, and may come back anywhere. */
  forget() {
    this.top = undefined;
    this.furthest = this.earlier = this.shorter = 0;
  }

  /** A person has a hand on it: a wheel, a finger, a key, the scroll bar. */
  use() {
    this.usedAt = this.now();
    this.sentAt = -Infinity;
  }

  /** A person has sent it to the end: what it was doing before may go on for some frames. */
  send() {
    this.sentAt = this.now();
  }

  /** @param {number} at */
  isRecent(at) {
    return this.now() - at < RECENT;
  }

  /** @param {number} top */
  moveTo(top) {
    // Being moved ends a person's own scroll, which may be on its way still.
    if (Math.abs(top - this.scroller.scrollTop) >= ROUNDING) this.scroller.scrollTop = top;
    this.note();
  }

  /** More stands below now. A person who just came to the end may have come to where it was. */
  grow() {
    if (this.top === undefined) this.note();
    this.earlier = this.furthest;
    this.furthest = this.scroller.scrollHeight - this.scroller.clientHeight;
  }

  /** Whether the end is out of sight. */
  get isShort() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - clientHeight - scrollTop > ROUNDING;
  }

  note() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const furthest = scrollHeight - clientHeight;
    if (furthest < this.furthest) {
      this.shorter = this.furthest - furthest + (this.isRecent(this.shorterAt) ? this.shorter : 0);
      this.shorterAt = this.now();
    }
    this.top = scrollTop;
    this.furthest = this.earlier = furthest;
    return { top: scrollTop };
  }

  /** What a scroll event tells of a person: that it has left the end ("left"), that it came to
      the end ("came"), or neither (""). */
  judge() {
    if (!this.scroller.clientHeight) return "";
    const { top: before, earlier } = this;
    const { top } = this.note();
    if (before === undefined || this.isRecent(this.sentAt)) return "";
    const moved = top - before;
    if (moved > 0 && top > Math.min(this.furthest, earlier) - NEAR_END) return "came";
    const isExcused = this.isRecent(this.shorterAt) && !this.isRecent(this.usedAt);
    const least = ROUNDING + (isExcused ? this.shorter : 0);
    return moved < -least && this.isShort ? "left" : "";
  }
}
