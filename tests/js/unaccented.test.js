import assert from "node:assert/strict";
import test from "node:test";
import { unaccented } from "../../static/js/unaccented.js";

test("a name is found without its accents, and with them", () => {
  for (const [typed, name] of [
    ["muller", "Müller"],
    ["MÜLLER", "müller"],
    ["jose", "José"],
    ["strasse", "Straße"],
    ["lukasz", "Łukasz"],
    ["soren", "SØREN"],
    ["nguyen", "Nguyễn"],
    ["oconnor", "OConnor "],
  ])
    assert.equal(unaccented(typed), unaccented(name));
});

test("other scripts stay what they are", () => {
  assert.equal(unaccented("Иван"), "иван");
  assert.equal(unaccented("李"), "李");
});

test("composed and decomposed letters are the same", () => {
  assert.equal(unaccented("u\u0308ber"), unaccented("\u00fcber"));
});
