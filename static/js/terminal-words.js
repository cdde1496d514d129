// @ts-check
/** What is said of a terminal, in words. */

/** @typedef {{ status: string, rows: number, columns: number, exit_status: number | null, message: string }} State */
/** @typedef {{ service: string, name: string }} Shell */

const SIGNALS = /** @type {Record<number, string>} */ ({ 1: "hung up", 2: "interrupted", 9: "killed", 15: "ended" });

/** A shell's name as the page has it: `mids`, and `mids 2` for the second one.
    @param {Shell} shell */
export function title({ service, name }) {
  return name === "main" ? service : `${service} ${name}`;
}

/** Whether they are the same.
    @param {Shell} one
    @param {Shell | undefined} other */
export function isSame(one, other) {
  return one.service === other?.service && one.name === other.name;
}

/** How a shell ended.
    @param {number | null} status */
export function ending(status) {
  if (status === null) return "The shell has ended.";
  if (status >= 0) return `The shell has ended with exit status ${status}.`;
  return `The shell was ${SIGNALS[-status] ?? "ended"} (signal ${-status}).`;
}

/** The line below a terminal: in what state it is, and its word for the colour of its dot.
    @param {{ socket: string, reason: string, state: State | undefined, mayType: boolean, isOwner: boolean,
        isElsewhere: boolean, isUp: boolean, hasShell: boolean }} now
    @returns {[string, string]} */
export function stateLine({ socket, reason, state, mayType, isOwner, isElsewhere, isUp, hasShell }) {
  if (socket === "connecting") return ["connecting", "Connecting…"];
  if (socket === "refused") return ["offline", `Not connected: ${reason}.`];
  if (socket !== "live") return [socket, "Connection lost: what you type now is not sent. Trying again…"];
  if (!isUp) return ["offline", "The cluster is not up."];
  if (!hasShell) return ["connecting", isOwner ? "No terminal is open." : "The student has no terminal open."];
  switch (state?.status) {
    case "running":
      if (!mayType) return ["live", "Watching: the student has to let you type."];
      if (isElsewhere) return ["live", `Live, sized ${state.columns} × ${state.rows} until you type here.`];
      return ["live", isOwner ? "Live." : "Live: the student lets you type."];
    case "ended":
      return ["ended", ending(state.exit_status)];
    case "gone":
    case "failed":
      return ["offline", state.message || "There is no shell."];
    default:
      return ["connecting", "Starting a shell…"];
  }
}
