// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { watch } from "../../static/js/logged-out.js";

/** A tab's memory. */
function memory() {
  const kept = new Map();
  return /** @type {any} */ ({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  });
}

test("other tabs are told once, when the logout has been answered", () => {
  const tab = memory();
  const form = /** @type {any} */ (new EventTarget());
  let told = 0;
  const others = { postMessage: () => void told++ };

  watch(form, tab, others);
  form.dispatchEvent(new Event("submit"));
  assert.equal(told, 0);
  watch(null, tab, others);
  watch(null, tab, others);
  assert.equal(told, 1);
});

test("a login page that somebody merely opens takes nothing from other tabs", () => {
  watch(null, memory(), { postMessage: () => assert.fail("nobody has logged out") });
});
