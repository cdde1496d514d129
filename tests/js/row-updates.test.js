import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { RowUpdates } from "../../static/js/row-updates.js";

let frames;
let now = 0;
globalThis.requestAnimationFrame = (call) => frames.push(call);
Object.defineProperty(globalThis, "performance", { configurable: true, value: { now: () => now } });

let placed;
let done;
let updates;

/** `cost` is what placing a row takes, in milliseconds. */
function start(cost) {
  frames = [];
  placed = [];
  done = 0;
  updates = new RowUpdates(
    (id, html) => {
      now += cost;
      placed.push([id, html]);
    },
    () => {
      done += 1;
    },
  );
}

const frame = () => frames.shift()();

beforeEach(() => start(1));

test("all that comes before a frame is placed in it, the newest of each row", () => {
  updates.add({ a: "1", b: "1" });
  updates.add({ a: "2" });
  assert.equal(frames.length, 1);
  frame();
  assert.deepEqual(placed, [
    ["a", "2"],
    ["b", "1"],
  ]);
  assert.equal(done, 1);
});

test("more than fits into a frame goes on in the next", () => {
  start(5);
  updates.add({ a: "1", b: "1", c: "1", d: "1", e: "1" });
  frame();
  assert.deepEqual([placed.length, done], [2, 0]);
  frame();
  frame();
  assert.deepEqual([placed.length, done, frames.length], [5, 1, 0]);
});

test("a row that says what it said is left alone", () => {
  updates.add({ a: "1" });
  frame();
  updates.add({ a: "1" });
  frame();
  assert.equal(placed.length, 1);
});

test("a row that goes back to what is shown is not changed at all", () => {
  updates.add({ a: "1" });
  frame();
  updates.add({ a: "2" });
  updates.add({ a: "1" });
  frame();
  assert.deepEqual(placed, [["a", "1"]]);
});

test("other rows are placed even if they say the same", () => {
  updates.add({ a: "1" });
  frame();
  updates.forget();
  updates.add({ a: "1" });
  frame();
  assert.equal(placed.length, 2);
});
