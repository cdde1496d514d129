// @ts-check
/** What a page says when a request of its own was refused, or never arrived. */
import { element } from "./text-nodes.js";

const SHOWN_FOR = 12_000;

/** @param {number | undefined} status None if nothing answered. */
export function tellTrouble(status) {
  const text = status
    ? `The portal refused that (${status}). Reload the page and try again.`
    : "The portal can’t be reached. What you did just now was not sent; try again in a moment.";
  const card = element("div", "callout error", text);
  card.setAttribute("role", "alert");
  document.getElementById("messages")?.replaceChildren(card);
  setTimeout(() => card.remove(), SHOWN_FOR);
}

/** What was said of what somebody did before. */
export function forgetMessages() {
  document.getElementById("messages")?.replaceChildren();
}
