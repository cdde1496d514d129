import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { BoundedQueue, MOST_CHARACTERS } from "../../static/js/bounded-queue.js";
import { KEPT, LiveChannel } from "../../static/js/live-channel.js";

let channel, seen, restarts;

const entries = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => ({ n: from + at, text: "x" }));

beforeEach(() => {
  seen = [];
  restarts = 0;
  channel = new LiveChannel("log:mids");
  channel.viewers.add({
    onEntries: (some) => seen.push(...some),
    onRestart: () => {
      restarts += 1;
    },
    onRefused() {},
  });
});

test("what a reconnect repeats is shown once", () => {
  channel.add(entries(1, 5), 0);
  channel.add(entries(3, 8), 0);
  assert.deepEqual(
    seen.map((entry) => entry.n),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
});

test("a gap is an entry in its place, before what comes after it", () => {
  channel.add(entries(11, 12), 10);
  assert.equal(seen[0].gap, 10);
  assert.equal(seen[0].n, 10);
  assert.equal(seen.length, 3);
});

test("a gap before what is known already is none", () => {
  channel.add(entries(1, 5), 0);
  channel.add(entries(5, 6), 3);
  assert.equal(
    seen.some((entry) => "gap" in entry),
    false,
  );
});

test("the newest are kept, whatever comes", () => {
  channel.add(entries(1, KEPT + 5000), 0);
  assert.equal(channel.entries.length, KEPT);
  assert.equal(channel.entries.at(-1).n, KEPT + 5000);
});

test("a topic made anew begins at its own first number", () => {
  channel.add(entries(90, 99), 0, "one");
  channel.restart("two");
  channel.add(entries(1, 2), 0);
  assert.equal(restarts, 1);
  assert.equal(channel.epoch, "two");
  assert.deepEqual(
    channel.entries.map((entry) => entry.n),
    [1, 2],
  );
});

test("a queue hands back the oldest that it has no room for", () => {
  const queue = new BoundedQueue(10);
  assert.deepEqual(queue.push(entries(1, 20)), []);
  const left = queue.push(entries(21, 21));
  assert.equal(left.length + queue.length, 21);
  assert.ok(queue.length <= 10);
  assert.equal(queue.entries.at(-1).n, 21);
});

test("a queue is bounded in characters too", () => {
  const queue = new BoundedQueue(1000);
  queue.push(Array.from({ length: 4 }, (_, n) => ({ n, text: "x".repeat(MOST_CHARACTERS / 3) })));
  assert.ok(queue.characters <= MOST_CHARACTERS);
});

test("a queue is drained in order, until its time is over", () => {
  const queue = new BoundedQueue(1000);
  queue.push(entries(1, 100));
  const taken = [];
  queue.drain(-1, (entry) => taken.push(entry.n));
  assert.deepEqual(
    taken,
    entries(1, taken.length).map((entry) => entry.n),
  );
  assert.ok(taken.length < 100);
  queue.drain(Infinity, (entry) => taken.push(entry.n));
  assert.equal(taken.length, 100);
  assert.equal(queue.characters, 0);
});
