// @ts-check
/**
 * Tells the server how far the screen is, so that it sends on: not for every piece, which would be
 * more messages than it takes, and not so seldom that it has to wait.
 */
const EVERY_BYTES = 128 * 1024;
const EVERY = 150;
const LATEST = 1000;

export class DrawnNotes {
  told = 0;
  drawn = 0;
  toldAt = Number.NEGATIVE_INFINITY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /** @param {(offset: number) => void} tell
      @param {() => number} now In milliseconds. */
  constructor(tell, now = () => performance.now()) {
    this.tell = tell;
    this.now = now;
  }

  /** A screen was shown anew: what was drawn before is of no account.
      @param {number} offset */
  begin(offset) {
    this.end();
    this.told = offset;
    this.drawn = offset;
  }

  /** @param {number} offset */
  note(offset) {
    this.drawn = Math.max(this.drawn, offset);
    if (this.drawn === this.told) return;
    const isMuch = this.drawn - this.told >= EVERY_BYTES;
    const since = this.now() - this.toldAt;
    if (isMuch && since >= EVERY) this.say();
    else if (isMuch) this.sayIn(EVERY - since);
    else if (this.timer === undefined) this.sayIn(LATEST);
  }

  /** @param {number} milliseconds */
  sayIn(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(), milliseconds);
  }

  say() {
    this.end();
    this.toldAt = this.now();
    this.told = this.drawn;
    this.tell(this.drawn);
  }

  end() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
