import assert from "node:assert/strict";
import { test } from "node:test";
import { asTime, parseCast, sizeOf } from "../../static/js/asciicast.js";

const HEAD = '{"version": 3, "term": {"cols": 100, "rows": 30}}';

test("events stand at the sum of the pauses before them, of which none is long", () => {
  const cast = parseCast([HEAD, '[0.5, "o", "$ "]', '[100, "o", "ls"]', '[0.25, "x", "0"]'].join("\n"));
  assert.deepEqual([cast.columns, cast.rows], [100, 30]);
  assert.deepEqual(
    cast.events.map(({ at, data }) => [at, data]),
    [
      [0.5, "$ "],
      [2.5, "ls"],
      [2.75, "0"],
    ],
  );
  assert.equal(cast.length, 2.75);
});

test("what is no recording has no events, and what is no event is left out", () => {
  assert.deepEqual(parseCast("").events, []);
  assert.deepEqual(parseCast("<html>").events, []);
  const lines = [HEAD, "# a comment", "[", "[1]", '[-1, "o", "x"]', '["1", 2, 3]', '[1, "o", 5]', '[1, "o", "y"]'];
  assert.deepEqual(parseCast(lines.join("\n")).events, [{ at: 1, code: "o", data: "y" }]);
});

test("sizes are held to what a page draws", () => {
  assert.deepEqual(sizeOf("80x24"), { columns: 80, rows: 24 });
  assert.deepEqual(sizeOf("9999x9999"), { columns: 500, rows: 200 });
  assert.equal(sizeOf("wide"), undefined);
  assert.equal(parseCast('{"term": {"cols": 1e9, "rows": "x"}}').columns, 500);
});

test("a time is told in minutes and seconds", () => {
  assert.equal(asTime(75.9), "1:15");
});
