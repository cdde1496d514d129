// @ts-check
/** A request as events on lanes: what the diagram draws, known without any drawing. */

/**
 * @typedef {{ topic: string, sent: number, landed: number, lost: number, seen: number, partition: number | null,
 *   offset: number | null, proof: string, copies: number, gone: boolean, error: string,
 *   row: { at: number, number: number } | null }} TraceRecord
 * @typedef {{ nth: number, of: number, command: string, began_at: number, ended_at: number, port: number, path: string,
 *   method: string, status: number, run: number, step: string }} TraceCall
 * @typedef {{ id: string, at: number, method: string, path: string, status: number, port: number, server: string,
 *   accepted: number, logged: number, out: number, ended: number, call: TraceCall | null,
 *   error: { type: string, message: string, line: number } | null, records: TraceRecord[], fate: string, tone: string,
 *   words: string, says: string }} TraceRequest
 * @typedef {{ lane: number, at: number, what: string }} TraceEvent
 * @typedef {{ lane: number, from: number, to: number }} Stay
 * @typedef {{ paths: TraceEvent[][], back: TraceEvent[], stays: Stay[], ends: (TraceEvent & { isLost: boolean })[] }} Story
 */

export const LANES = ["curl", "server", "producer", "broker", "reader", "table"];
const [CURL, SERVER, PRODUCER, BROKER, READER, TABLE] = LANES.keys();

/** @param {TraceRequest} request @returns {Story} */
export function storyOf(request) {
  const { call } = request;
  const came = request.accepted || request.at;
  // Its end is noted by whoever started curl, a moment late; how long it took curl knows itself.
  const began = call?.began_at ? Math.min(call.began_at, came) : came;
  const took = call ? call.ended_at - (call.began_at || call.ended_at) : 0;
  const ended = request.out || request.ended || request.at;
  const start = [
    { lane: CURL, at: began, what: call ? "curl asks" : "a caller asks" },
    { lane: SERVER, at: request.at, what: `${request.method} ${request.path}` },
  ];
  const back = request.out
    ? [
        { lane: SERVER, at: ended, what: String(request.status) },
        { lane: CURL, at: Math.max(ended, began + took), what: "the reply" },
      ]
    : [];
  const stays = [
    { lane: CURL, from: began, to: back.length ? back[1].at : ended },
    { lane: SERVER, from: request.at, to: ended },
  ];
  const paths = [];
  const ends = [];
  for (const record of request.records) {
    const { path, end, stay } = wayOf(record);
    paths.push([...start, ...path]);
    if (stay) stays.push(stay);
    if (end) ends.push(end);
  }
  if (!paths.length) paths.push(start);
  if (request.error || request.status >= 500) {
    const line = request.error?.line ? ` at line ${request.error.line}` : "";
    ends.push({ lane: SERVER, at: ended, what: `${request.error?.type ?? request.status}${line}`, isLost: true });
  } else if (!request.records.length) {
    ends.push({ lane: SERVER, at: ended, what: request.out ? "nothing was sent" : "no reply yet", isLost: false });
  }
  return { paths, back, stays, ends };
}

/** @param {TraceRecord} record */
function wayOf(record) {
  /** @type {TraceEvent[]} */
  const path = [{ lane: PRODUCER, at: record.sent, what: `send to ${record.topic}` }];
  if (record.lost) {
    const end = { lane: PRODUCER, at: record.lost, what: record.error, isLost: true };
    return { path, end, stay: { lane: PRODUCER, from: record.sent, to: record.lost } };
  }
  if (record.landed) path.push({ lane: BROKER, at: record.landed, what: `offset ${record.offset}` });
  if (record.seen) path.push({ lane: READER, at: Math.max(record.seen, record.landed), what: "this page" });
  if (record.row) path.push({ lane: TABLE, at: record.row.at, what: `row ${record.row.number}` });
  const last = path[path.length - 1];
  const isOpen = !record.landed && !record.seen;
  const end = isOpen ? { ...last, what: "not confirmed", isLost: false } : undefined;
  const stay = record.landed ? { lane: PRODUCER, from: record.sent, to: record.landed } : undefined;
  return { path, end, stay };
}

/** Every moment of a story.
    @param {Story} story */
export function momentsOf(story) {
  const events = [...story.paths.flat(), ...story.back, ...story.ends];
  return [...events.map((each) => each.at), ...story.stays.flatMap((each) => [each.from, each.to])];
}
