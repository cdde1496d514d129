// @ts-check
/** Links to traces: what rows of other panels offer, and whose trace an address asks for. */
import { addRowLink } from "./row-links.js";

const TRACE = /^#trace-([0-9a-f]{32})$/;
const LINE = /^#trace-log-([A-Za-z0-9._-]+)-(\d+)$/;
const RECORD = /^#trace-record-(.+)-(\d+)-(\d+)-(-?\d+)$/;
const MARK = /^00-([0-9a-f]{32})-/;
const REQUEST = /"[A-Z]+ \S+ HTTP\/[\d.]+".* \d{3} /;

/** Have lines of logs and records lead to their traces. */
export function offerTraces() {
  addRowLink("line", ({ service, item }) =>
    REQUEST.test(item.text) ? { text: "trace", href: `#trace-log-${service}-${item.n}` } : undefined,
  );
  addRowLink("record", ({ headers }) => {
    /** @type {[string, string | null] | undefined} */
    const header = headers?.find((/** @type {[string, string]} */ [name]) => name === "traceparent");
    const mark = header?.[1]?.match(MARK);
    return mark ? { text: "Its trace", href: `#trace-${mark[1]}` } : undefined;
  });
}

/**
 * The trace that an address's end names, itself or by a line or record: empty if that has none,
 * undefined if it asks for no trace.
 *
 * @param {string} hash
 * @param {string} find Where to ask whose a line or record is.
 * @returns {Promise<string | undefined>}
 */
export async function traceOf(hash, find) {
  const trace = hash.match(TRACE)?.[1];
  if (trace) return trace;
  const line = hash.match(LINE);
  const record = hash.match(RECORD);
  if (!line && !record) return undefined;
  const [, first, second, third, fourth] = line ?? record ?? [];
  const asked = line
    ? { service: first, line: second }
    : { topic: first, partition: second, offset: third, timestamp: fourth };
  const answer = await fetch(`${find}?${new URLSearchParams(/** @type {any} */ (asked))}`);
  return answer.ok ? (await answer.json()).id : "";
}
