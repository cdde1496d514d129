import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest, stepped } from "../../static/js/plot-steps.js";

test("a pointer is at the mark whose middle is nearest, also where nothing is drawn", () => {
  assert.equal(nearest([10, 20, 90], 12), 0);
  assert.equal(nearest([10, 20, 90], 54), 1);
  assert.equal(nearest([10, 20, 90], 56), 2);
  assert.equal(nearest([10, 20, 90], 400), 2);
});

test("keys go from mark to mark and stay within the plot", () => {
  assert.equal(stepped(undefined, "ArrowRight", 5, false), 0);
  assert.equal(stepped(0, "ArrowRight", 5, false), 1);
  assert.equal(stepped(4, "ArrowUp", 5, false), 4);
  assert.equal(stepped(0, "ArrowLeft", 5, false), 0);
  assert.equal(stepped(3, "ArrowDown", 5, false), 2);
  assert.equal(stepped(3, "PageDown", 40, false), 13);
  assert.equal(stepped(3, "PageUp", 40, false), 0);
  assert.equal(stepped(3, "Home", 40, false), 0);
  assert.equal(stepped(3, "End", 40, false), 39);
  assert.equal(stepped(3, "Tab", 40, false), undefined);
});

test("in a table they go from row to row, and leave sideways to its scrolling", () => {
  assert.equal(stepped(2, "ArrowDown", 5, true), 3);
  assert.equal(stepped(2, "ArrowUp", 5, true), 1);
  assert.equal(stepped(2, "ArrowLeft", 5, true), undefined);
  assert.equal(stepped(2, "ArrowRight", 5, true), undefined);
});
