// @ts-check
/** Where a card of the tour stands: beside the part that it is about, and all of it in the window. */

const GAP = 12;
const EDGE = 12;

/**
 * @typedef {{ width: number, height: number }} Size
 * @typedef {Size & { top: number, left: number }} Box
 */

/** @param {number} value @param {number} least @param {number} most */
const within = (value, least, most) => Math.max(least, Math.min(value, most));

/**
 * What of a part is in the window.
 * @param {Box} part
 * @param {Size} view
 * @returns {Box}
 */
export function inSight(part, view) {
  const top = within(part.top, 0, view.height);
  const left = within(part.left, 0, view.width);
  const bottom = within(part.top + part.height, top, view.height);
  const right = within(part.left + part.width, left, view.width);
  return { top, left, width: right - left, height: bottom - top };
}

/**
 * The card's upper left corner: below the part, above, right or left of it, wherever there is room
 * first; over its lower end where there is none; in the middle of the window without a part.
 * @param {Box | undefined} part
 * @param {Size} card
 * @param {Size} view
 */
export function placeCard(part, card, view) {
  const most = { top: view.height - card.height - EDGE, left: view.width - card.width - EDGE };
  /** @param {number} top @param {number} left */
  const at = (top, left) => ({ top: within(top, EDGE, most.top), left: within(left, EDGE, most.left) });
  if (!part) return at((view.height - card.height) / 2, (view.width - card.width) / 2);
  const middle = { top: part.top + (part.height - card.height) / 2, left: part.left + (part.width - card.width) / 2 };
  const below = part.top + part.height + GAP;
  const right = part.left + part.width + GAP;
  const above = part.top - GAP - card.height;
  const left = part.left - GAP - card.width;
  if (below <= most.top) return at(below, middle.left);
  if (above >= EDGE) return at(above, middle.left);
  if (right <= most.left) return at(middle.top, right);
  if (left >= EDGE) return at(middle.top, left);
  return at(most.top, middle.left);
}
