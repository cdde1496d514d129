import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { VirtualRows } from "../../static/js/virtual-rows.js";
import { Box, row, Scroller } from "./layout.js";

let scroller;
let items;
let rows;

/** Rows of 20 pixels, and every tenth of 60. */
const heightOf = (item) => (item % 10 ? 20 : 60);

beforeEach(() => {
  scroller = new Scroller();
  const place = new Box();
  scroller.append(place);
  items = Array.from({ length: 20_000 }, (_, index) => index);
  rows = new VirtualRows(scroller, place, (item) => row(heightOf(item), item));
  rows.clear(items);
});

const shown = () => rows.place.children.map(({ text }) => text);

/** The rows in sight, by where they begin. */
function inSight() {
  const found = rows.place.children.map((each) => [each.text, each.getBoundingClientRect()]);
  return new Map(found.filter(([, { top, bottom }]) => bottom > 0 && top < 400).map(([text, { top }]) => [text, top]));
}

test("of a long list only the rows near the end are there, and the newest is in sight", () => {
  rows.toEnd();
  assert.ok(shown().length < 100);
  assert.equal(shown().at(-1), 19_999);
  assert.ok(inSight().has(19_999));
});

test("what follows is added, and what has gone out of sight is taken away", () => {
  rows.toEnd();
  const kept = rows.place.children.at(-1);
  items.push(20_000, 20_001);
  rows.toEnd();
  assert.equal(rows.place.children.at(-3), kept);
  assert.equal(shown().at(-1), 20_001);
  assert.ok(shown().length < 100);
  assert.ok(inSight().has(20_001));
});

test("rows that are made above leave those in sight where they are", () => {
  rows.reveal(10_000);
  scroller.scrollTop = rows.place.start + 100;
  const before = inSight();
  rows.look();
  assert.ok(shown()[0] < 9_990);
  for (const [text, top] of before) assert.ok(Math.abs(inSight().get(text) - top) <= 1, `${text}`);
});

test("a far jump shows the rows that belong there", () => {
  rows.toEnd();
  scroller.scrollTop = scroller.scrollHeight / 2;
  rows.look();
  assert.ok(inSight().size > 5);
  const [first] = inSight().keys();
  assert.ok(Math.abs(first - 10_000) < 500, `${first}`);
});

test("every row can be reached by scrolling on", () => {
  rows.clear(items.slice(0, 2000));
  scroller.scrollTop = 0;
  rows.render(0, 0);
  const seen = new Set(inSight().keys());
  for (let step = 0; step < 400 && !seen.has(1999); step += 1) {
    scroller.scrollTop += 300;
    rows.look();
    for (const text of inSight().keys()) seen.add(text);
  }
  assert.equal(seen.size, 2000);
});

test("what the list loses at its beginning does not move what is read", () => {
  rows.reveal(10_000);
  const before = inSight();
  items.splice(0, 500);
  rows.dropped(500);
  assert.deepEqual(shown()[0], items[rows.start]);
  const [text, top] = [...before][0];
  assert.ok(Math.abs(inSight().get(text) - top) <= 1);
});

test("a row that is lost while it is there goes", () => {
  rows.render(0, 0);
  items.splice(0, 3);
  rows.dropped(3);
  assert.equal(shown()[0], 3);
  assert.equal(rows.start, 0);
});

test("what comes while nobody looks at the end is not all made", () => {
  rows.clear([0, 1, 2]);
  rows.render(0, 0);
  rows.items.push(...Array.from({ length: 5000 }, (_, index) => index + 3));
  rows.grown();
  assert.ok(shown().length <= 240);
  assert.deepEqual(shown().slice(0, 4), [0, 1, 2, 3]);
});

test("a row is made anew where it stands, and no other", () => {
  rows.reveal(10_000);
  const [before, other] = [rows.place.children[10_000 - rows.start], rows.place.children[0]];
  rows.renew(10_000);
  assert.notEqual(rows.place.children[10_000 - rows.start], before);
  assert.equal(rows.place.children[0], other);
  rows.renew(0);
  assert.equal(rows.place.children[0], other);
});
