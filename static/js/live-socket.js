/**
 * The page's one WebSocket. Streams are followed from the last entry that was seen, so that after
 * a drop nothing is lost or doubled. Fires `status` (connecting, live, reconnecting, offline) and
 * `state` (the session changed; `detail` is the server's message).
 */
import { LiveChannel } from "./live-channel.js";

const SHORTEST = 200;
const LONGEST = 5000;
const OFFLINE_AFTER = 10_000;
const ACTIVE_EVERY = 30_000;
const IDLE_CHANNELS = 6;

class LiveSocket extends EventTarget {
  constructor(session) {
    super();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.url = `${scheme}//${location.host}/ws/s/${encodeURIComponent(session)}/`;
    this.channels = new Map();
    this.status = "connecting";
    this.failures = 0;
    this.lostAt = Date.now();
    this.activeAt = 0;
    document.addEventListener("visibilitychange", () =>
      this.send({ type: document.hidden ? "hidden" : "visible" }),
    );
    window.addEventListener("online", () => this.retryNow());
    window.addEventListener("offline", () => this.tell("offline"));
    for (const type of ["pointerdown", "keydown", "wheel"]) {
      document.addEventListener(type, this.noteActivity, { passive: true, capture: true });
    }
    this.open();
  }

  /** Show `stream` in `viewer`, which has onEntries(entries), onRestart() and onRefused(text). */
  follow(stream, viewer) {
    let channel = this.channels.get(stream);
    if (!channel) this.channels.set(stream, (channel = new LiveChannel(stream)));
    const isNew = !channel.viewers.size;
    channel.viewers.add(viewer);
    if (channel.entries.length) viewer.onEntries(channel.entries);
    if (isNew) this.ask(channel);
  }

  unfollow(stream, viewer) {
    const channel = this.channels.get(stream);
    if (!channel?.viewers.delete(viewer) || channel.viewers.size) return;
    this.send({ type: "unfollow", stream });
    // What it has stays: entries that are still under way then join on, and coming back is instant.
    const idle = [...this.channels.values()].filter((each) => !each.viewers.size);
    if (idle.length > IDLE_CHANNELS) this.channels.delete(idle[0].stream);
  }

  ask(channel) {
    const { stream, last, epoch } = channel;
    this.send({ type: "follow", stream, after: last, epoch });
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  noteActivity = (event) => {
    const now = Date.now();
    if (!event.isTrusted || now - this.activeAt < ACTIVE_EVERY) return;
    this.activeAt = now;
    this.send({ type: "active" });
  };

  open() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.socket = new WebSocket(this.url);
    this.socket.addEventListener("open", () => this.opened());
    this.socket.addEventListener("message", (event) => this.received(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => this.closed());
  }

  opened() {
    const isBack = this.failures > 0;
    this.failures = 0;
    this.tell("live");
    if (document.hidden) this.send({ type: "hidden" });
    for (const channel of this.channels.values()) {
      if (channel.viewers.size) this.ask(channel);
    }
    // The session may have changed while nobody listened.
    if (isBack) this.dispatchEvent(new CustomEvent("state", { detail: { type: "state" } }));
  }

  closed() {
    if (this.status === "live") this.lostAt = Date.now();
    const isLong = Date.now() - this.lostAt > OFFLINE_AFTER;
    this.tell(isLong || !navigator.onLine ? "offline" : "reconnecting");
    const wait = Math.min(LONGEST, SHORTEST * 2 ** this.failures) * (0.7 + 0.6 * Math.random());
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), wait);
  }

  retryNow() {
    if (this.timer) this.open();
  }

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
        this.dispatchEvent(new CustomEvent("state", { detail: message }));
        break;
    }
  }

  tell(status) {
    if (status === this.status) return;
    this.status = status;
    this.dispatchEvent(new CustomEvent("status", { detail: status }));
  }
}

let shared;

/** The page's socket, opened at the first call. */
export function liveSocket() {
  shared ??= new LiveSocket(document.querySelector("[data-session]").dataset.session);
  return shared;
}
