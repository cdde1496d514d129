import assert from "node:assert/strict";
import { test } from "node:test";
import { at, describe, keysOf, valuesOf } from "../../static/js/schema-place.js";
import { placeAt } from "../../static/js/yaml-place.js";

const LAB = `name: x
time: {idle: 5, }
services:
  - name: kafka
    limits:
      memory_mb: 1

steps:
  - id: a # the first
    text: |
      title: not a key

      more
    run: {kind: ask, asks: }
  - id: b
    run:
      kind: exec
      |
`;

/** The place at the end of a line, and what it is told of. */
function placeIn(text, mark) {
  const offset = text.indexOf(mark) + mark.length;
  const found = placeAt(text, offset);
  return found && [found.kind, found.path.join("."), found.typed];
}

test("a key's place is the mapping that its column puts it in", () => {
  assert.deepEqual(placeIn(LAB, "  - id: b\n    run"), ["key", "steps.1", "run"]);
  assert.deepEqual(placeIn(LAB, "      memory_mb"), ["key", "services.0.limits", "memory_mb"]);
  const text = LAB.replace("      |\n", "    ne");
  assert.deepEqual(placeIn(text, "exec\n    ne"), ["key", "steps.1", "ne"]);
});

test("an empty line's place goes by where the cursor stands in it", () => {
  const text = "steps:\n  - id: a\n    \n";
  assert.deepEqual(placeIn(text, "a\n    "), ["key", "steps.0", ""]);
  assert.deepEqual(placeIn(text, "a\n  "), ["key", "steps", ""]);
});

test("a value's place is that of its key, in braces too", () => {
  assert.deepEqual(placeIn(LAB, "kind: exec"), ["value", "steps.1.run.kind", "exec"]);
  assert.deepEqual(placeIn(LAB, "asks: "), ["value", "steps.0.run.asks", ""]);
  assert.deepEqual(placeIn(LAB, "{idle: 5, "), ["key", "time", ""]);
  assert.deepEqual(placeIn("topics: [a, b", "[a, b"), ["value", "topics.1", "b"]);
});

test("a list may stand as far left as its key", () => {
  const text = "steps:\n- id: a\n- id: b\n  ti\ntitle: x";
  assert.deepEqual(placeIn(text, "  ti"), ["key", "steps.1", "ti"]);
  assert.deepEqual(placeIn(text, "\ntitle"), ["key", "", "title"]);
});

test("a block of text and a comment are no places", () => {
  assert.equal(placeIn(LAB, "title: not"), null);
  assert.equal(placeIn(LAB, "more"), null);
  assert.equal(placeIn(LAB, "# the"), null);
});

const SCHEMA = {
  properties: { steps: { type: "array", items: { $ref: "#/$defs/Step" } }, tools: { type: "string" } },
  required: ["steps"],
  $defs: {
    Step: { properties: { run: { oneOf: [{ $ref: "#/$defs/Ask" }, { $ref: "#/$defs/Exec" }] } } },
    Ask: {
      description: "Ask.\n\nMore.",
      properties: { kind: { const: "ask" }, asks: { enum: ["number", "choice"] } },
      required: ["kind", "asks"],
    },
    Exec: {
      properties: { kind: { const: "exec" }, tty: { anyOf: [{ type: "boolean" }, { type: "null" }], default: false } },
    },
  },
};

test("keys and values are those of the kind that the text has", () => {
  const place = placeAt(LAB, LAB.indexOf("asks: ") + 6);
  assert.deepEqual(valuesOf(at(SCHEMA, place.path, place.keys)), ["number", "choice"]);
  const run = ["steps", 0, "run"];
  assert.deepEqual(
    keysOf(at(SCHEMA, run, place.keys)).map((each) => [each.name, each.isRequired]),
    [
      ["kind", true],
      ["asks", true],
    ],
  );
  const all = keysOf(at(SCHEMA, run, new Map())).map((each) => each.name);
  assert.deepEqual(all, ["kind", "asks", "tty"]);
  assert.deepEqual(valuesOf(at(SCHEMA, [...run, "kind"], place.keys)), ["ask", "exec"]);
});

test("a schema is told in words", () => {
  assert.deepEqual(describe(SCHEMA, { $ref: "#/$defs/Ask" }).about, "Ask.");
  const { facts } = describe(SCHEMA, SCHEMA.$defs.Exec.properties.tty);
  assert.equal(facts, "true or false; unless you say so false");
});
