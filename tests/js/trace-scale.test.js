import assert from "node:assert/strict";
import { test } from "node:test";
import { BREAK, longestOf, spoken, timeScale } from "../../static/js/trace-scale.js";
import { momentsOf, storyOf } from "../../static/js/trace-story.js";

const WIDTH = 600;

function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

test("later is never further left, whatever the times are", () => {
  const next = random(7);
  for (let round = 0; round < 200; round += 1) {
    const times = Array.from({ length: 1 + Math.floor(next() * 30) }, () => next() ** 4 * 1000);
    const scale = timeScale(times, WIDTH, next() * 50);
    const xs = times.sort((one, other) => one - other).map(scale.x);
    for (let index = 1; index < xs.length; index += 1) assert.ok(xs[index] >= xs[index - 1] - 1e-6);
    assert.ok(xs[0] >= 0);
    assert.ok(xs.at(-1) <= scale.width + 1e-6);
  }
});

test("a long time without anything is cut out, and said", () => {
  const scale = timeScale([0, 1, 2, 100, 101], WIDTH, 10);
  assert.deepEqual(
    scale.marks.map(({ at, seconds }) => [at, seconds]),
    [[2, 98]],
  );
  const second = scale.x(1) - scale.x(0);
  assert.ok(Math.abs(scale.x(101) - scale.x(100) - second) < 1e-6, "one scale on both sides");
  assert.ok(Math.abs(scale.x(100) - scale.x(2) - BREAK) < 1e-6);
});

test("without a long time nothing is cut", () => {
  const scale = timeScale([5, 6, 7], WIDTH, longestOf([5, 6, 7]));
  assert.deepEqual(scale.marks, []);
  assert.equal(scale.x(7), WIDTH);
});

test("one moment, and none at all, have a place", () => {
  for (const times of [[], [3]]) assert.equal(timeScale(times, WIDTH, 1).x(times[0] ?? 0), 0);
});

test("times are said as people say them", () => {
  assert.deepEqual([0.0012, 0.25, 3.44, 240, 7300].map(spoken), ["1.2 ms", "250 ms", "3.4 s", "4 min", "2.0 h"]);
});

const REQUEST = {
  id: "a",
  at: 10,
  method: "GET",
  path: "/",
  status: 200,
  accepted: 9.9,
  out: 10.2,
  ended: 10.3,
  call: null,
  error: null,
  records: [],
  fate: "silent",
};
const RECORD = { topic: "events", sent: 10.1, landed: 0, lost: 0, seen: 0, offset: null, row: null, error: "" };

const lanesOf = (request) => storyOf(request).paths.map((path) => path.map(({ lane }) => lane));

test("a record goes down lane by lane as far as it came", () => {
  assert.deepEqual(lanesOf(REQUEST), [[0, 1]]);
  assert.deepEqual(lanesOf({ ...REQUEST, records: [RECORD] }), [[0, 1, 2]]);
  const whole = { ...RECORD, landed: 10.3, seen: 10.2, offset: 4, row: { at: 50, number: 5 } };
  assert.deepEqual(lanesOf({ ...REQUEST, records: [whole, RECORD] }), [
    [0, 1, 2, 3, 4, 5],
    [0, 1, 2],
  ]);
  const times = storyOf({ ...REQUEST, records: [whole] }).paths[0].map(({ at }) => at);
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
    "nobody reads what is not there yet",
  );
});

test("what was lost ends on the lane that lost it", () => {
  const error = { type: "ValueError", message: "", line: 14 };
  assert.deepEqual(
    storyOf({ ...REQUEST, status: 500, error }).ends.map(({ lane, isLost, what }) => [lane, isLost, what]),
    [[1, true, "ValueError at line 14"]],
  );
  const lost = { ...RECORD, lost: 40, error: "KafkaTimeoutError" };
  assert.deepEqual(
    storyOf({ ...REQUEST, records: [lost] }).ends.map(({ lane, isLost }) => [lane, isLost]),
    [[2, true]],
  );
  assert.ok(momentsOf(storyOf({ ...REQUEST, records: [lost] })).includes(40));
});
