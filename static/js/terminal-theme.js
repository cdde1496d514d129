// @ts-check
/** What a terminal looks like: the colours of variables.css on the side that is shown, and how large. */
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const SIZE = "terminal-font-size";
const SCREEN_READER = "terminal-screen-reader";
export const SMALLEST = 9;
export const LARGEST = 28;

/** What asks for colours of variables.css as they are at that element now, and what ends that.
    @param {HTMLElement} place
    @returns {[(name: string) => string, () => void]} */
function colours(place) {
  const probe = place.appendChild(document.createElement("span"));
  const colour = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  return [colour, () => probe.remove()];
}

/** `rgb(18, 52, 86)` as `#123456`.
    @param {string} colour */
export function hex(colour) {
  const parts = colour.match(/\d+/g)?.slice(0, 3) ?? [];
  return `#${parts.map((each) => Number(each).toString(16).padStart(2, "0")).join("")}`;
}

/** How what was searched for is marked.
    @param {HTMLElement} place */
export function marksAt(place) {
  const [colour, end] = colours(place);
  const [found, here] = [hex(colour("shell-found")), hex(colour("shell-found-here"))];
  end();
  return {
    matchBackground: found,
    matchOverviewRuler: found,
    activeMatchBackground: here,
    activeMatchColorOverviewRuler: here,
  };
}

/** Colours as xterm.js takes them, as they are at that element now.
    @param {HTMLElement} place */
export function themeAt(place) {
  const [colour, end] = colours(place);
  /** @type {Record<string, string>} */
  const theme = {
    background: colour("shell"),
    foreground: colour("shell-text"),
    cursor: colour("shell-cursor"),
    cursorAccent: colour("shell"),
    selectionBackground: colour("shell-selection"),
    selectionInactiveBackground: colour("shell-selection"),
  };
  for (const [at, name] of NAMES.entries()) {
    theme[name] = colour(`ansi-${at}`);
    theme[`bright${name[0].toUpperCase()}${name.slice(1)}`] = colour(`ansi-${at + 8}`);
  }
  end();
  return theme;
}

/** Call back whenever light becomes dark or the other way round. Returns what ends that.
    @param {() => void} changed */
export function onTheme(changed) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", changed);
  return () => {
    watch.disconnect();
    system.removeEventListener("change", changed);
  };
}

/** @param {string} key */
function kept(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // Storage may be forbidden; then it lasts for this page only.
  }
}

/** @param {string} key
    @param {string} value */
function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}

export const within = (/** @type {number} */ size) => Math.min(LARGEST, Math.max(SMALLEST, Math.round(size)));

/** In pixels. */
export const fontSize = () => within(Number(kept(SIZE)) || 13);

export const keepFontSize = (/** @type {number} */ size) => keep(SIZE, String(size));

export const isForScreenReader = () => kept(SCREEN_READER) === "on";

export const keepScreenReader = (/** @type {boolean} */ isOn) => keep(SCREEN_READER, isOn ? "on" : "off");
