import assert from "node:assert/strict";
import { test } from "node:test";
import { codeAt, lastBy, nextOf, upTo } from "../../static/js/scrub-places.js";

const MOMENTS = [
  [10, "code", "a.py", "one", ""],
  [20, "run", "Start", "begins", ""],
  [20, "log", "flask", "hello", ""],
  [30, "code", "a.py", "two", ""],
  [40, "log", "flask", "bye", ""],
];
const ALL = new Set(["code", "run", "log"]);

test("the last moment by a time is the last of those at that very time", () => {
  assert.deepEqual(
    [9, 10, 15, 20, 39.9, 40, 99].map((at) => lastBy(MOMENTS, at)),
    [-1, 0, 0, 2, 3, 4, 4],
  );
  assert.equal(lastBy([], 5), -1);
});

test("what came last is told by kind, the newest last", () => {
  const told = upTo(MOMENTS, 4, new Set(["log", "run"]), 2).map(([place]) => place);
  assert.deepEqual(told, [2, 4]);
  assert.deepEqual(upTo(MOMENTS, -1, ALL, 5), []);
});

test("one goes from moment to moment, past kinds that are hidden, and not beyond the ends", () => {
  const logs = new Set(["log"]);
  assert.equal(nextOf(MOMENTS, -1, ALL, 1), 0);
  assert.equal(nextOf(MOMENTS, 2, logs, 1), 4);
  assert.equal(nextOf(MOMENTS, 4, logs, 1), 4);
  assert.equal(nextOf(MOMENTS, 2, logs, -1), 2);
});

test("the code is what was saved last by then", () => {
  const text = (place) => codeAt(MOMENTS, place).get("a.py")?.[3];
  assert.deepEqual([-1, 0, 2, 3].map(text), [undefined, "one", "one", "two"]);
});
