// @ts-check
/** What became of requests, counted: a button each, which shows those alone. */
import { element, number } from "./text-nodes.js";

/** @typedef {import("./trace-story.js").TraceRequest} TraceRequest */

/** @param {TraceRequest[]} requests @param {string} only The one that is pressed, if one is. */
export function fates(requests, only) {
  /** @type {Map<string, { words: string, tone: string, count: number }>} */
  const counted = new Map();
  for (const { fate, words, tone } of requests) {
    const found = counted.get(fate) ?? { words, tone, count: 0 };
    counted.set(fate, { ...found, count: found.count + 1 });
  }
  return [...counted].map(([fate, { words, tone, count }]) => {
    const made = element("button", "bare trace-fate badge", `${words}: ${number(count)}`);
    made.type = "button";
    made.dataset.fate = fate;
    made.dataset.tone = tone;
    made.setAttribute("aria-pressed", String(only === fate));
    return made;
  });
}
