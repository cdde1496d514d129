// @ts-check
/**
 * Sends what is typed at once, as long as that is no more often than the server takes messages;
 * what comes faster (a key held down, a pasted page) goes together, some of it at a time.
 */
export const BURST = 60;
export const A_SECOND = 10;
/** Bytes of one message, and of all that waits. */
export const LARGEST_PIECE = 8 * 1024;
export const MOST_WAITING = 512 * 1024;

export class KeyPacing {
  left = BURST;
  size = 0;
  /** @type {Uint8Array[]} */
  waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /** @param {(data: Uint8Array) => void} send
      @param {() => number} now In milliseconds. */
  constructor(send, now = () => performance.now()) {
    this.send = send;
    this.now = now;
    this.at = now();
  }

  /** False, and nothing of it is sent, when too much waits already.
      @param {Uint8Array} data */
  add(data) {
    if (this.size + data.length > MOST_WAITING) return false;
    this.waiting.push(data);
    this.size += data.length;
    if (this.timer === undefined) this.flush();
    return true;
  }

  flush() {
    this.timer = undefined;
    const now = this.now();
    this.left = Math.min(BURST, this.left + ((now - this.at) / 1000) * A_SECOND);
    this.at = now;
    while (this.size && this.left >= 1) {
      this.left -= 1;
      this.send(this.next());
    }
    if (this.size) this.timer = setTimeout(() => this.flush(), 1000 / A_SECOND);
  }

  /** As much of what waits as one message has. */
  next() {
    const piece = new Uint8Array(Math.min(this.size, LARGEST_PIECE));
    let at = 0;
    while (at < piece.length) {
      const first = this.waiting[0];
      const part = first.subarray(0, piece.length - at);
      piece.set(part, at);
      at += part.length;
      if (part.length === first.length) this.waiting.shift();
      else this.waiting[0] = first.subarray(part.length);
    }
    this.size -= piece.length;
    return piece;
  }

  /** What has not been sent is for nobody. */
  drop() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = [];
    this.size = 0;
  }
}
