// @ts-check
/**
 * The page's one WebSocket. Streams are followed from the last entry that was seen, so that after
 * a drop nothing is lost or doubled. Beside what every socket fires: `state` (the session changed;
 * `detail` is the server's message).
 */
import { LiveChannel } from "./live-channel.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";

/** @typedef {import("./live-channel.js").Viewer} Viewer */
/** @typedef {import("./live-channel.js").Entry} Entry */
/** @typedef {{ type: string, stream: string, entries: Entry[], gap?: number, epoch?: string, message: string }} Message */

const ACTIVE_EVERY = 30_000;
const IDLE_CHANNELS = 6;

class LiveSocket extends ReconnectingSocket {
  activeAt = 0;

  /** @param {string} session */
  constructor(session) {
    super(`/ws/s/${encodeURIComponent(session)}/`);
    /** @type {Map<string, LiveChannel>} */
    this.channels = new Map();
    this.addEventListener("opened", (event) => this.resume(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("message", (event) => this.received(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("visibilitychange", () => this.send({ type: document.hidden ? "hidden" : "visible" }));
    for (const type of ["pointerdown", "keydown", "wheel"]) {
      document.addEventListener(type, this.noteActivity, { passive: true, capture: true });
    }
    this.open();
  }

  /** Show `stream` in `viewer`.
      @param {string} stream
      @param {Viewer} viewer */
  follow(stream, viewer) {
    let channel = this.channels.get(stream);
    if (!channel) {
      channel = new LiveChannel(stream);
      this.channels.set(stream, channel);
    }
    const isNew = !channel.viewers.size;
    channel.viewers.add(viewer);
    if (channel.entries.length) viewer.onEntries(channel.entries);
    if (isNew) this.ask(channel);
  }

  /**
   * @param {string} stream
   * @param {Viewer} viewer
   */
  unfollow(stream, viewer) {
    const channel = this.channels.get(stream);
    if (!channel?.viewers.delete(viewer) || channel.viewers.size) return;
    this.send({ type: "unfollow", stream });
    // What it has stays: entries that are still under way then join on, and coming back is instant.
    const idle = [...this.channels.values()].filter((each) => !each.viewers.size);
    if (idle.length > IDLE_CHANNELS) this.channels.delete(idle[0].stream);
  }

  /** @param {LiveChannel} channel */
  ask(channel) {
    const { stream, last, epoch } = channel;
    this.send({ type: "follow", stream, after: last, epoch });
  }

  noteActivity = (/** @type {Event} */ event) => {
    const now = Date.now();
    if (!event.isTrusted || now - this.activeAt < ACTIVE_EVERY) return;
    this.activeAt = now;
    this.send({ type: "active" });
  };

  /** @param {boolean} wasLost */
  resume(wasLost) {
    if (document.hidden) this.send({ type: "hidden" });
    for (const channel of this.channels.values()) {
      if (channel.viewers.size) this.ask(channel);
    }
    // The session may have changed while nobody listened.
    if (wasLost) this.fire("state", { type: "state" });
  }

  /** @param {Message} message */
  received(message) {
    const channel = this.channels.get(message.stream);
    switch (message.type) {
      case "entries":
        channel?.add(message.entries, message.gap ?? 0, message.epoch);
        break;
      case "restart":
        // What follows comes by itself.
        channel?.restart(message.epoch);
        break;
      case "refused":
        for (const viewer of channel?.viewers ?? []) viewer.onRefused(message.message);
        break;
      case "state":
        this.state = message;
        this.fire("state", message);
        break;
    }
  }
}

/** @type {LiveSocket | undefined} */
let shared;

/** The page's socket, opened at the first call. */
export function liveSocket() {
  const page = /** @type {HTMLElement} */ (document.querySelector("[data-session]"));
  shared ??= new LiveSocket(page.dataset.session ?? "");
  return shared;
}
