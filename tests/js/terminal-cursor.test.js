import assert from "node:assert/strict";
import { test } from "node:test";
import { BYTES, frame, SNAPSHOT, TerminalCursor } from "../../static/js/terminal-cursor.js";

/** A message as the server makes it. */
function message(kind, end, text) {
  const data = new TextEncoder().encode(text);
  const buffer = new ArrayBuffer(9 + data.length);
  const view = new DataView(buffer);
  view.setUint8(0, kind);
  view.setBigUint64(1, BigInt(end));
  new Uint8Array(buffer, 9).set(data);
  return buffer;
}

const said = (cursor, kind, end, text) => {
  const fresh = cursor.take(frame(message(kind, end, text)));
  return fresh && new TextDecoder().decode(fresh);
};

test("a snapshot says where what follows begins", () => {
  const cursor = new TerminalCursor();
  assert.equal(said(cursor, SNAPSHOT, 1000, "the screen"), "the screen");
  assert.equal(cursor.next, 1000);
  assert.equal(said(cursor, BYTES, 1003, "abc"), "abc");
});

test("what comes twice is shown once, and a part of it its new part", () => {
  const cursor = new TerminalCursor();
  said(cursor, SNAPSHOT, 10, "");
  assert.equal(said(cursor, BYTES, 13, "abc"), "abc");
  assert.equal(said(cursor, BYTES, 13, "abc"), "");
  assert.equal(said(cursor, BYTES, 15, "abcde"), "de");
  assert.equal(cursor.next, 15);
});

test("a gap is noticed, and nothing behind it is shown", () => {
  const cursor = new TerminalCursor();
  assert.equal(said(cursor, BYTES, 3, "abc"), undefined);
  said(cursor, SNAPSHOT, 10, "");
  assert.equal(said(cursor, BYTES, 20, "xyz"), undefined);
  assert.equal(cursor.next, 10);
});

test("what is no frame is none", () => {
  assert.equal(frame(new ArrayBuffer(3)), undefined);
  assert.equal(frame(message(7, 3, "abc")), undefined);
});
