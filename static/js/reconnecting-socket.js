// @ts-check
/**
 * A WebSocket to the portal that is opened again whenever it is lost. Fires `status` (connecting,
 * live, reconnecting, offline, or refused, which `reason` says the reason of), `opened` (`detail`
 * says whether it was lost before), `message` (`detail` is what the server has sent) and `bytes`
 * (the same, where that is no text).
 */
const SHORTEST = 200;
const LONGEST = 5000;
const OFFLINE_AFTER = 10_000;
const REFUSED = [4429, 4430]; // Too many sockets, too many messages: the server says so in words.
const REFUSED_FOR = 15_000;

/** How long to wait before the next try, in milliseconds: all pages at once would be a flood.
    @param {number} failures
    @param {number} chance From 0 to 1. */
export function pause(failures, chance = Math.random()) {
  return Math.min(LONGEST, SHORTEST * 2 ** failures) * (0.7 + 0.6 * chance);
}

export class ReconnectingSocket extends EventTarget {
  /** @type {WebSocket | undefined} */
  socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  status = "connecting";
  reason = "";
  failures = 0;
  isEnded = false;

  /** @param {string} path */
  constructor(path) {
    super();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.url = `${scheme}//${location.host}${path}`;
    this.lostAt = Date.now();
    window.addEventListener("online", this.onOnline);
    window.addEventListener("offline", this.onOffline);
  }

  open() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.socket = new WebSocket(this.url);
    this.socket.addEventListener("open", () => this.opened());
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", ({ data }) => this.arrived(data));
    this.socket.addEventListener("close", (event) => this.closed(event));
  }

  /** @param {string | ArrayBuffer} data */
  arrived(data) {
    if (typeof data === "string") this.fire("message", JSON.parse(data));
    else this.fire("bytes", data);
  }

  /** Close it for good. */
  end() {
    this.isEnded = true;
    clearTimeout(this.timer);
    window.removeEventListener("online", this.onOnline);
    window.removeEventListener("offline", this.onOffline);
    this.socket?.close();
  }

  /** What can't be sent is dropped: whoever has lost the socket starts anew when it is `opened`.
      @param {object | Uint8Array<ArrayBuffer>} message */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  opened() {
    const wasLost = this.failures > 0;
    this.failures = 0;
    this.tell("live");
    this.fire("opened", wasLost);
  }

  /** @param {CloseEvent} event */
  closed({ code, reason }) {
    if (this.isEnded) return;
    if (this.status === "live") this.lostAt = Date.now();
    this.reason = reason;
    const isRefused = REFUSED.includes(code);
    const isLong = Date.now() - this.lostAt > OFFLINE_AFTER;
    if (isRefused) this.tell("refused");
    else this.tell(isLong || !navigator.onLine ? "offline" : "reconnecting");
    this.timer = setTimeout(() => this.open(), isRefused ? REFUSED_FOR : pause(this.failures));
    this.failures += 1;
  }

  onOnline = () => {
    if (this.timer) this.open();
  };

  onOffline = () => this.tell("offline");

  /** @param {string} status */
  tell(status) {
    if (status === this.status) return;
    this.status = status;
    this.fire("status", status);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
