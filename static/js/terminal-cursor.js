// @ts-check
/**
 * Where a page stands in what a terminal has printed. Bytes have numbers: a terminal's first is 0.
 * A frame says the number that follows its last byte, so what comes twice is left out, and what is
 * missing is noticed.
 */
export const SNAPSHOT = 0;
export const BYTES = 1;
const HEAD = 9;

/** @typedef {{ kind: number, end: number, data: Uint8Array }} Frame */

/** A message of the server's: one byte says what it is, eight where it ends, the rest is text.
    Undefined for what is none.
    @param {ArrayBuffer} buffer
    @returns {Frame | undefined} */
export function frame(buffer) {
  if (buffer.byteLength < HEAD) return undefined;
  const view = new DataView(buffer);
  const kind = view.getUint8(0);
  if (kind !== SNAPSHOT && kind !== BYTES) return undefined;
  return { kind, end: Number(view.getBigUint64(1)), data: new Uint8Array(buffer, HEAD) };
}

export class TerminalCursor {
  /** The number of the next byte; undefined before there was any. */
  /** @type {number | undefined} */
  next;

  /** What of a frame is new; undefined when something before it is missing.
      @param {Frame} frame
      @returns {Uint8Array | undefined} */
  take({ kind, end, data }) {
    if (kind === SNAPSHOT) {
      this.next = end;
      return data;
    }
    const begin = end - data.length;
    if (this.next === undefined || begin > this.next) return undefined;
    const fresh = data.subarray(Math.min(data.length, this.next - begin));
    this.next = Math.max(this.next, end);
    return fresh;
  }
}
