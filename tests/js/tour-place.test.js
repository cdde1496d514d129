import assert from "node:assert/strict";
import { test } from "node:test";
import { inSight, placeCard } from "../../static/js/tour-place.js";

const card = { width: 300, height: 150 };
const wide = { width: 1366, height: 768 };
const narrow = { width: 360, height: 740 };

const parts = [
  ["without a part in the middle", undefined, wide, { top: 309, left: 533 }],
  ["below a row", { top: 50, left: 0, width: 1366, height: 40 }, wide, { top: 102, left: 533 }],
  ["above a dock", { top: 690, left: 200, width: 400, height: 78 }, wide, { top: 528, left: 250 }],
  ["right of a rail", { top: 100, left: 0, width: 200, height: 668 }, wide, { top: 359, left: 212 }],
  ["left of a pane", { top: 100, left: 700, width: 666, height: 668 }, wide, { top: 359, left: 388 }],
  ["over the end of what fills all", { top: 100, left: 0, width: 360, height: 640 }, narrow, { top: 578, left: 30 }],
  ["never out of the window", { top: 10, left: 330, width: 30, height: 30 }, narrow, { top: 52, left: 48 }],
];

for (const [how, part, view, place] of parts) {
  test(`a card stands ${how}`, () => assert.deepEqual(placeCard(part, card, view), place));
}

test("of a part that is longer than the window only what is in sight counts", () => {
  const part = { top: -100, left: 10, width: 400, height: 2000 };
  assert.deepEqual(inSight(part, narrow), { top: 0, left: 10, width: 350, height: 740 });
});
