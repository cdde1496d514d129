// @ts-check
/** xterm.js, fetched when the first terminal is shown: it is a third of a megabyte. */
const at = (/** @type {string} */ name) => new URL(`../vendor/xterm/${name}.mjs`, import.meta.url).href;

/** @typedef {typeof import("@xterm/xterm") & typeof import("@xterm/addon-fit") & typeof import("@xterm/addon-search")
      & typeof import("@xterm/addon-unicode11") & typeof import("@xterm/addon-web-links")} Xterm */

/** @type {Promise<Xterm> | undefined} */
let loaded;

/** Its classes and those of its addons. Rejects when they can't be had; the next call tries again.
    @returns {Promise<Xterm>} */
export function loadXterm() {
  loaded ??= load().catch((error) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load() {
  const names = ["xterm", "addon-fit", "addon-search", "addon-unicode11", "addon-web-links"];
  const parts = await Promise.all(names.map((name) => import(at(name))));
  return Object.assign({}, ...parts);
}
