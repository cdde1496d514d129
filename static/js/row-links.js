// @ts-check
/** Links that other parts of the page put beside rows: a log's lines, a topic's records. */
import { element } from "./text-nodes.js";

/** @typedef {{ text: string, href: string }} RowLink */
/** @typedef {(about: any) => RowLink | undefined} Linker */

/** @type {Map<string, Linker[]>} */
const linkers = new Map();

/** Offer a link beside rows of a kind, where one makes sense.
    @param {string} kind
    @param {Linker} linker */
export function addRowLink(kind, linker) {
  linkers.set(kind, [...(linkers.get(kind) ?? []), linker]);
}

/** The links beside a row.
    @param {string} kind
    @param {any} about
    @returns {HTMLAnchorElement[]} */
export function rowLinks(kind, about) {
  const found = (linkers.get(kind) ?? []).map((linker) => linker(about));
  return found.flatMap((link) => {
    if (!link) return [];
    const made = element("a", "row-link", link.text);
    made.href = link.href;
    return [made];
  });
}
