import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, lacking, linesOf, pieces, sizeOf } from "../../static/js/wire-bytes.js";

const lines = (text) => linesOf(decode(btoa(text)));

test("the ends of lines stand apart from their text", () => {
  assert.deepEqual(lines("GET /\r\nHost: x\n\r\nhi"), [
    { text: "GET /", mark: "\\r\\n" },
    { text: "Host: x", mark: "\\n" },
    { text: "", mark: "\\r\\n" },
    { text: "hi", mark: "" },
  ]);
});

test("every byte shows, whatever it is", () => {
  assert.equal(lines("\0\x7f\r!")[0].text, "␀␡␍!");
  assert.equal(lines("a\xff")[0].text, "a\\xff");
  assert.equal(linesOf(new TextEncoder().encode("é\u202e"))[0].text, "é\\u{202e}");
  assert.deepEqual(lines(""), []);
});

test("a text is as long as what is sent of it", () => {
  assert.equal(sizeOf("GET /\n\n", true), 9);
  assert.equal(sizeOf("GET /\n\n", false), 7);
  assert.equal(sizeOf("é", true), 2);
  assert.equal(sizeOf("\\xff\\x00\\xg1\n", true, true), 8);
  assert.equal(sizeOf("\\xff", true, false), 4);
  assert.deepEqual(pieces("a\\xFFb", true), ["a", "\\xFF", "b"]);
});

test("a request without an empty line is told to lack it", () => {
  assert.notEqual(lacking("GET / HTTP/1.1\n"), "");
  for (const whole of ["", "GET / HTTP/1.1\n\n", "GET /\n"]) assert.equal(lacking(whole), "");
});
