import assert from "node:assert/strict";
import { test } from "node:test";
import { DrawnNotes } from "../../static/js/drawn-notes.js";
import { ending, stateLine, title } from "../../static/js/terminal-words.js";

const LIVE = {
  socket: "live",
  reason: "",
  state: { status: "running", rows: 24, columns: 80, exit_status: null, message: "" },
  mayType: true,
  isOwner: true,
  isElsewhere: false,
  isUp: true,
  hasShell: true,
};
const words = (changed) => stateLine({ ...LIVE, ...changed })[1];
const state = (changed) => ({ state: { ...LIVE.state, ...changed } });

test("a shell's title tells it from others of its service", () => {
  assert.equal(title({ service: "mids", name: "main" }), "mids");
  assert.equal(title({ service: "mids", name: "2" }), "mids 2");
});

test("how a shell ended is said, a signal by its name", () => {
  assert.equal(ending(0), "The shell has ended with exit status 0.");
  assert.equal(ending(-9), "The shell was killed (signal 9).");
  assert.equal(ending(null), "The shell has ended.");
});

test("only a shell that runs and can be typed into is said to be live", () => {
  assert.equal(words({}), "Live.");
  assert.match(words({ mayType: false, isOwner: false }), /^Watching/);
  assert.match(words({ isElsewhere: true }), /80 × 24 until you type here/);
  assert.match(words({ socket: "reconnecting" }), /not sent/);
  assert.match(words({ socket: "refused", reason: "close some of your other pages" }), /close some/);
  assert.match(words({ isUp: false }), /not up/);
  assert.equal(words(state({ status: "failed", message: "No room for a shell." })), "No room for a shell.");
  assert.equal(words(state({ status: "ended", exit_status: 1 })), "The shell has ended with exit status 1.");
  assert.match(words({ state: undefined }), /Starting/);
});

test("what is drawn is told often enough for more to come, and not more often", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = { now: 0 };
  const told = [];
  const notes = new DrawnNotes(
    (offset) => told.push([clock.now, offset]),
    () => clock.now,
  );
  for (let piece = 1; piece <= 1000; piece += 1) {
    notes.note(piece * 16_384);
    clock.now += 2;
    t.mock.timers.tick(2);
  }
  t.mock.timers.tick(2000);
  assert.ok(told.length >= 10 && told.length <= 16, `${told.length} times in 2 seconds`);
  assert.equal(told.at(-1)[1], 1000 * 16_384);
});

test("a little that was drawn is told once, a moment later", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told = [];
  const notes = new DrawnNotes(
    (offset) => told.push(offset),
    () => 0,
  );
  for (let at = 1; at <= 20; at += 1) notes.note(at);
  assert.deepEqual(told, []);
  t.mock.timers.tick(1000);
  assert.deepEqual(told, [20]);
});
