import assert from "node:assert/strict";
import { test } from "node:test";
import { A_SECOND, BURST, KeyPacing, LARGEST_PIECE, MOST_WAITING } from "../../static/js/key-pacing.js";

const bytes = (text) => new TextEncoder().encode(text);
const text = (pieces) => pieces.map((each) => new TextDecoder().decode(each)).join("");

/** Pacing on a clock that the test moves; what would flush later is called by `pass`. */
function paced(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = { now: 0 };
  const sent = [];
  const pacing = new KeyPacing(
    (piece) => sent.push(piece),
    () => clock.now,
  );
  const pass = (milliseconds) => {
    for (let left = milliseconds; left > 0; left -= 10) {
      clock.now += 10;
      t.mock.timers.tick(10);
    }
  };
  return { pacing, sent, pass };
}

test("a key is sent at once", (t) => {
  const { pacing, sent } = paced(t);
  pacing.add(bytes("l"));
  assert.equal(text(sent), "l");
});

test("a key held down becomes fewer messages, and not one of its letters is lost", (t) => {
  const { pacing, sent, pass } = paced(t);
  for (let key = 0; key < 600; key += 1) {
    pacing.add(bytes(String(key % 10)));
    pass(30);
  }
  pass(1000);
  assert.equal(text(sent), "0123456789".repeat(60));
  assert.ok(sent.length <= BURST + 20 * A_SECOND, `${sent.length} messages in 19 seconds`);
});

test("a pasted page goes in pieces, in order", (t) => {
  const { pacing, sent, pass } = paced(t);
  const page = Array.from({ length: 30_000 }, (_, line) => `line ${line}`).join("\n");
  assert.ok(pacing.add(bytes(page)));
  pass(10_000);
  assert.equal(text(sent), page);
  assert.ok(sent.every((piece) => piece.length <= LARGEST_PIECE));
});

test("what is too much is refused whole", (t) => {
  const { pacing, sent } = paced(t);
  assert.equal(pacing.add(new Uint8Array(MOST_WAITING + 1)), false);
  assert.equal(sent.length, 0);
});

test("what was dropped is never sent", (t) => {
  const { pacing, sent, pass } = paced(t);
  for (let key = 0; key < BURST; key += 1) pacing.add(bytes("x"));
  pacing.add(bytes("y"));
  pacing.drop();
  pass(2000);
  assert.equal(text(sent), "x".repeat(BURST));
});
