import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsedWords, sparkWords } from "../../static/js/progress-words.js";

test("what takes longer than usual says so, and no more that it is nearly done", () => {
  assert.equal(elapsedWords(3.21, 8), "3.2 s of usually 8 s");
  assert.equal(elapsedWords(8.01, 8), "8.0 s, longer than the usual 8 s");
  assert.equal(elapsedWords(1, 12.4), "1.0 s of usually 12 s");
  assert.equal(elapsedWords(1, 0.52), "1.0 s, longer than the usual 0.5 s");
  assert.equal(elapsedWords(1, 0), "1.0 s");
});

test("Spark's tasks are told in words", () => {
  assert.equal(sparkWords({ tasks: 1, done: 0, running: 0 }), "Spark has split this into 1 task and is about to begin");
  assert.equal(sparkWords({ tasks: 8, done: 3, running: 2 }), "Spark works on 2; 3 of 8 tasks done");
  assert.equal(sparkWords({ tasks: 8, done: 8, running: 0 }), "Spark plans what comes next; 8 of 8 tasks done");
});
