// @ts-check
/**
 * xterm.js as a page of ours has it: in our colours, without a say in anything but its own screen.
 * What a program prints can't reach the clipboard, the page's title or the colours, and asks nothing:
 * the host answers a program's questions, once, however many pages look on.
 */
import { terminalDocument } from "./terminal-document.js";
import {
  fontSize,
  isForScreenReader,
  keepFontSize,
  keepScreenReader,
  marksAt,
  onTheme,
  themeAt,
  within,
} from "./terminal-theme.js";

/** @typedef {import("./xterm.js").Xterm} Xterm */
/** @typedef {{ rows: number, columns: number }} Size */
/** @typedef {{ keys?: (data: Uint8Array) => void, drawn?: (end: number) => void, link?: (text: string) => void,
      leave?: () => void, find?: () => void, fits?: (size: Size) => void }} Listener */

const SCROLLBACK = 5000;
// Titles, colours, the clipboard: for none of these has a program of a cluster any business here.
const IGNORED = [0, 1, 2, 4, 10, 11, 12, 50, 52, 104, 110, 111, 112];
/** Questions, and what moves windows. */
const QUESTIONS = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" },
  { final: "t" },
  { final: "x" },
];
const OSC_QUESTIONS = [
  { intermediates: "$", final: "q" },
  { intermediates: "+", final: "q" },
];

export class TerminalView {
  /** @param {HTMLElement} place
      @param {Xterm} xterm
      @param {Listener} listener */
  constructor(place, xterm, listener) {
    this.place = place;
    this.listener = listener;
    this.term = new xterm.Terminal({
      allowProposedApi: true,
      documentOverride: terminalDocument,
      fontFamily: getComputedStyle(place).fontFamily,
      fontSize: fontSize(),
      lineHeight: 1.15,
      minimumContrastRatio: 4.5,
      screenReaderMode: isForScreenReader(),
      scrollback: SCROLLBACK,
      theme: themeAt(place),
      linkHandler: { activate: (_, text) => listener.link?.(text) },
    });
    this.fitting = new xterm.FitAddon();
    this.search = new xterm.SearchAddon();
    const links = new xterm.WebLinksAddon((_, text) => listener.link?.(text));
    for (const addon of [this.fitting, this.search, links, new xterm.Unicode11Addon()]) this.term.loadAddon(addon);
    this.term.unicode.activeVersion = "11";
    this.silence();
    const utf8 = new TextEncoder();
    this.term.onData((text) => listener.keys?.(utf8.encode(text)));
    this.term.onBinary((text) => listener.keys?.(Uint8Array.from(text, (each) => each.charCodeAt(0))));
    this.term.attachCustomKeyEventHandler((event) => this.onKey(event));
    this.term.open(place);
    this.endTheme = onTheme(() => (this.term.options.theme = themeAt(place)));
    this.watch = new ResizeObserver(() => this.measure());
    this.watch.observe(place);
  }

  silence() {
    const { parser } = this.term;
    for (const number of IGNORED) parser.registerOscHandler(number, () => true);
    for (const question of QUESTIONS) parser.registerCsiHandler(question, () => true);
    for (const question of OSC_QUESTIONS) parser.registerDcsHandler(question, () => true);
  }

  /** Says what of a key is not the program's. Two keys are the page's, and those for the clipboard.
      @param {KeyboardEvent} event */
  onKey(event) {
    if (event.type !== "keydown") return true;
    const isOurs = event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey;
    const key = event.key.toLowerCase();
    if (event.key === "F6" && !event.ctrlKey && !event.altKey && !event.metaKey) this.listener.leave?.();
    else if (isOurs && key === "f") this.listener.find?.();
    else if (isOurs && key === "c") this.copy();
    else return !(isOurs && key === "v"); // The browser pastes.
    event.preventDefault();
    return false;
  }

  /** How much there is room for now; undefined while it is out of sight.
      @returns {Size | undefined} */
  room() {
    const found = this.place.clientWidth ? this.fitting.proposeDimensions() : undefined;
    return found && Number.isFinite(found.rows + found.cols) ? { rows: found.rows, columns: found.cols } : undefined;
  }

  measure() {
    const size = this.room();
    if (size) this.listener.fits?.(size);
  }

  /** The terminal's own size, which every page that shows it has.
      @param {Size} size */
  resize({ rows, columns }) {
    if (rows !== this.term.rows || columns !== this.term.cols) this.term.resize(columns, rows);
  }

  /** Show what was printed; `end` is told when it is on the screen.
      @param {Uint8Array} data
      @param {number} end */
  write(data, end) {
    this.term.write(data, () => this.listener.drawn?.(end));
  }

  /** @param {Uint8Array} screen
      @param {number} end */
  begin(screen, end) {
    this.term.reset();
    this.write(screen, end);
  }

  /** @param {boolean} isOn */
  setTyping(isOn) {
    this.term.options.disableStdin = !isOn;
    this.term.options.cursorBlink = isOn;
  }

  /** @param {string} label */
  setLabel(label) {
    this.term.textarea?.setAttribute("aria-label", label);
  }

  get isForScreenReader() {
    return Boolean(this.term.options.screenReaderMode);
  }

  set isForScreenReader(isOn) {
    this.term.options.screenReaderMode = isOn;
    keepScreenReader(isOn);
  }

  /** @param {number} pixels */
  grow(pixels) {
    const size = within((this.term.options.fontSize ?? 13) + pixels);
    this.term.options.fontSize = size;
    keepFontSize(size);
    this.measure();
    return size;
  }

  /** Copies what is selected, if anything. Returns whether there was something. */
  copy() {
    const text = this.term.getSelection();
    if (text) navigator.clipboard?.writeText(text).catch(() => {});
    return Boolean(text);
  }

  /** Looks for text, from where it was found last. Returns whether it is there.
      @param {string} text
      @param {boolean} isBackward */
  find(text, isBackward = false) {
    if (!text) {
      this.search.clearDecorations();
      return true;
    }
    const options = { decorations: marksAt(this.place) };
    return isBackward ? this.search.findPrevious(text, options) : this.search.findNext(text, options);
  }

  focus() {
    this.term.focus();
  }

  dispose() {
    this.watch.disconnect();
    this.endTheme();
    this.term.dispose();
  }
}
