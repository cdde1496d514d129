// @ts-check
/** Reads Python's tracebacks in a server's log: in which line of which file they end. */
import { plain } from "./ansi.js";

const FOLDER = "/w205/";
const FRAME = /^\s*File "([^"]+)", line (\d+)/;
const BEGINNING = /^Traceback \(most recent call last\):/;
const ERROR = /^[A-Za-z_][\w.]*(?:: .*)?$/;

/** @typedef {{ path: string, line: number }} Place */

export class Tracebacks {
  /** @type {Place | undefined} Where the traceback that is being read has come to. */
  place;

  /** Only frames in these files count: of all the others nobody here can change a line.
      @param {string[]} paths */
  constructor(paths) {
    this.paths = new Set(paths);
  }

  /** Take a line of the log; the error that ends with it, as {path, line, said, at}.
      @param {{ text: string, at: number }} entry */
  take({ text, at }) {
    const line = plain(text);
    const frame = line.match(FRAME);
    if (frame) {
      const path = frame[1].startsWith(FOLDER) ? frame[1].slice(FOLDER.length) : "";
      if (this.paths.has(path)) this.place = { path, line: Number(frame[2]) };
      return undefined;
    }
    if (BEGINNING.test(line)) this.place = undefined;
    if (!this.place || !ERROR.test(line)) return undefined;
    const found = { ...this.place, said: line.slice(0, 300), at };
    this.place = undefined;
    return found;
  }
}
