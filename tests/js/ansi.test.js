import assert from "node:assert/strict";
import { test } from "node:test";
import { plain, segments, unfinished, visible } from "../../static/js/ansi.js";

test("colours and weights become classes, and last from text to text", () => {
  const style = {};
  assert.deepEqual(segments("\x1b[1;31mred", style), [{ text: "red", kind: "ink-red is-bold" }]);
  assert.deepEqual(segments("still\x1b[0m not", style), [
    { text: "still", kind: "ink-red is-bold" },
    { text: " not", kind: "" },
  ]);
});

test("one of 256 colours, or of all, is the nearest of eight", () => {
  assert.deepEqual(segments("\x1b[38;5;196mx"), [{ text: "x", kind: "ink-red" }]);
  assert.deepEqual(segments("\x1b[48;2;0;200;0mx"), [{ text: "x", kind: "ground-green" }]);
  assert.deepEqual(segments("\x1b[38;2;1mx"), [{ text: "x", kind: "" }]);
});

test("titles, links, clipboard and cursor are left out", () => {
  assert.equal(plain("\x1b]0;title\x07\x1b]52;c;aGFja2Vk\x07\x1b]8;;http://evil.example\x07link\x1b]8;;\x07"), "link");
  assert.equal(plain("\x1b[2J\x1b[1;1Hcursor"), "cursor");
});

test("characters that act are shown for what they are", () => {
  assert.equal(visible("nul \0 bell \x07 del \x7f"), "nul ␀ bell ␇ del ␡");
  assert.equal(visible("\u202egnp.exe"), "⟨U+202E⟩gnp.exe");
  assert.equal(visible("tab\tand line\n"), "tab\tand line\n");
});

test("a sequence whose end is still to come is held back", () => {
  assert.equal(unfinished("text\x1b[3"), 3);
  assert.equal(unfinished("text\x1b]0;tit"), 7);
  assert.equal(unfinished("text\x1b[31m"), 0);
});
