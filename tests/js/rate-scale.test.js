import assert from "node:assert/strict";
import { test } from "node:test";
import { axisEnd, moved, Rates, SECONDS } from "../../static/js/rate-scale.js";

test("an axis ends with a round number that holds the most", () => {
  const ends = [0, 1, 2, 3, 8, 11, 20, 21, 99, 100, 101, 4321].map(axisEnd);
  assert.deepEqual(ends, [2, 2, 2, 5, 10, 20, 20, 50, 100, 100, 200, 5000]);
});

test("arrow keys go from second to second and stay within the minute", () => {
  assert.equal(moved(undefined, "ArrowLeft"), 1);
  assert.equal(moved(0, "ArrowRight"), 0);
  assert.equal(moved(SECONDS - 1, "ArrowLeft"), SECONDS - 1);
  assert.equal(moved(55, "PageDown"), SECONDS - 1);
  assert.equal(moved(55, "PageUp"), 45);
  assert.equal(moved(7, "Home"), SECONDS - 1);
  assert.equal(moved(7, "End"), 0);
  assert.equal(moved(7, "Tab"), undefined);
});

test("a minute counts each record in its second, and none that is older", () => {
  const rates = new Rates();
  for (const at of [40, 100.1, 100.9, 101, 159]) rates.add(at);
  const minute = rates.minute(rates.end(159.5));
  assert.equal(minute.length, SECONDS);
  assert.deepEqual([minute[0], minute[1], minute.at(-1)], [2, 1, 1]);
  assert.equal(
    minute.reduce((sum, count) => sum + count, 0),
    4,
  );
});

test("a cluster whose clock is ahead is followed, but not far", () => {
  const rates = new Rates();
  rates.add(103);
  assert.equal(rates.end(100.5), 103);
  rates.add(100_000);
  assert.equal(rates.end(100.5), 105);
});

test("what is counted stays bounded, however long it goes on", () => {
  const rates = new Rates();
  for (let at = 0; at < 10_000; at += 1) rates.add(at);
  assert.ok(rates.counts.size <= 4 * SECONDS);
});

test("another topic begins with nothing", () => {
  const rates = new Rates();
  rates.add(5);
  rates.reset();
  assert.equal(
    rates.minute(5).every((count) => count === 0),
    true,
  );
});
