import assert from "node:assert/strict";
import { test } from "node:test";
import { dump, eventType, fieldText, rawBytes, readValue, shapeName } from "../../static/js/record-value.js";

const KINDS = [
  [{ value: '{"b": 1, "a": 2}' }, "object", "a, b"],
  [{ value: "{}" }, "object", "{} without keys"],
  [{ value: "[1]" }, "json", "JSON, but no object"],
  [{ value: "null" }, "json", "JSON, but no object"],
  [{ value: "{half" }, "text", "not JSON"],
  [{ value: '{"half', truncated: true }, "cut", "too large to tell"],
  [{ value: "/wA=", encoding: "base64" }, "bytes", "not text"],
  [{ value: "" }, "empty", "empty"],
  [{ value: null, is_null: true }, "null", "null"],
  [{ skipped: 12, reason: "too large" }, "skipped", "not readable"],
];

for (const [record, kind, shape] of KINDS) {
  test(`${JSON.stringify(record)} is ${kind}`, () => {
    const value = readValue(record);
    assert.equal(value.kind, kind);
    assert.equal(shapeName(value), shape);
  });
}

test("the lab's own key says what happened, before others do", () => {
  const value = readValue({ value: '{"mine": "jumped", "type": "other"}' });
  assert.deepEqual(eventType(value, "mine"), ["mine", "jumped"]);
  assert.deepEqual(eventType(value), ["type", "other"]);
  assert.equal(eventType(readValue({ value: '{"type": 7}' })), undefined);
});

test("a filter looks at what is there, and nothing else", () => {
  const record = { value: '{"deep": {"a": 1}}', key: "k", offset: 7, headers: [["h", "/w==", "base64"]] };
  const value = readValue(record);
  assert.equal(fieldText(record, value, "deep"), '{"a":1}');
  assert.equal(fieldText(record, value, "absent"), undefined);
  assert.equal(fieldText(record, value, "@headers"), "h: ff");
  assert.equal(fieldText(record, value, "@offset"), "7");
  assert.equal(fieldText(record, value, ""), 'k\n{"deep": {"a": 1}}\nh: ff');
});

test("bytes are dumped as hexdump does", () => {
  const bytes = rawBytes({ value: "0123456789abcdef\n" });
  const [first, second] = dump(bytes).split("\n");
  assert.equal(first, "00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef");
  assert.match(second, /^00000010 {2}0a +\.$/);
});
