import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { pause, ReconnectingSocket } from "../../static/js/reconnecting-socket.js";

/** A WebSocket that does nothing by itself. */
class Wire extends EventTarget {
  static OPEN = 1;
  static made = [];
  readyState = 0;
  sent = [];

  constructor(url) {
    super();
    this.url = url;
    Wire.made.push(this);
  }

  send(text) {
    this.sent.push(text);
  }

  accept() {
    this.readyState = Wire.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  close(code = 1006, reason = "") {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

globalThis.window = new EventTarget();
globalThis.location = { protocol: "https:", host: "sluice.example" };
Object.defineProperty(globalThis, "navigator", { configurable: true, value: { onLine: true } });
globalThis.WebSocket = Wire;
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail }) {
    super(type);
    this.detail = detail;
  }
};

/** A clock that goes on when it is told to. */
let now = 0;
let timers = [];
Date.now = () => now;
globalThis.setTimeout = (call, wait) => {
  const timer = { call, at: now + wait };
  timers.push(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  timers = timers.filter((each) => each !== timer);
};

function tick(milliseconds) {
  now += milliseconds;
  for (const timer of timers.filter(({ at }) => at <= now)) {
    clearTimeout(timer);
    timer.call();
  }
}

let socket;
let told;

beforeEach(() => {
  Wire.made = [];
  timers = [];
  told = [];
  socket?.end();
  socket = new ReconnectingSocket("/ws/x/");
  for (const type of ["status", "opened", "message"]) {
    socket.addEventListener(type, ({ detail }) => told.push([type, detail]));
  }
  socket.open();
});

test("it says that it is live, and what the server sends", () => {
  assert.equal(Wire.made[0].url, "wss://sluice.example/ws/x/");
  Wire.made[0].accept();
  Wire.made[0].dispatchEvent(Object.assign(new Event("message"), { data: '{"type": "rows"}' }));
  assert.deepEqual(told, [
    ["status", "live"],
    ["opened", false],
    ["message", { type: "rows" }],
  ]);
});

test("what is lost is opened again, and says that it was lost", () => {
  Wire.made[0].accept();
  Wire.made[0].close();
  tick(pause(0, 1));
  assert.equal(Wire.made.length, 2);
  Wire.made[1].accept();
  assert.deepEqual(told.slice(2), [
    ["status", "reconnecting"],
    ["status", "live"],
    ["opened", true],
  ]);
});

test("who is refused asks again later, and knows why", () => {
  Wire.made[0].accept();
  Wire.made[0].close(4429, "too many pages");
  assert.deepEqual([socket.status, socket.reason], ["refused", "too many pages"]);
  tick(10_000);
  assert.equal(Wire.made.length, 1);
  tick(5_000);
  assert.equal(Wire.made.length, 2);
});

test("after a while it says offline, and tries at once when the network is back", () => {
  Wire.made[0].accept();
  Wire.made[0].close();
  tick(11_000);
  Wire.made.at(-1).close();
  assert.equal(socket.status, "offline");
  const before = Wire.made.length;
  window.dispatchEvent(new Event("online"));
  assert.equal(Wire.made.length, before + 1);
});

test("what was ended stays so", () => {
  Wire.made[0].accept();
  socket.end();
  tick(60_000);
  window.dispatchEvent(new Event("online"));
  assert.equal(Wire.made.length, 1);
});

test("nothing is sent before it is open", () => {
  socket.send({ type: "active" });
  Wire.made[0].accept();
  socket.send({ type: "active" });
  assert.deepEqual(Wire.made[0].sent, ['{"type":"active"}']);
});

test("the pauses grow, and end at some seconds", () => {
  const pauses = [0, 1, 2, 3, 4, 5, 9].map((failures) => pause(failures, 0.5));
  assert.deepEqual(pauses, [200, 400, 800, 1600, 3200, 5000, 5000]);
});
