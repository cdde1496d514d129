// @ts-check
/**
 * Bring a table's rows into an order by as few moves as it takes: of a batch of changes seldom more
 * than one row goes elsewhere. What has the focus keeps it.
 *
 * @param {HTMLElement} body Holds nothing but the rows.
 * @param {HTMLElement[]} rows All of them.
 */
export function bringInto(body, rows) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  let place = body.firstElementChild;
  for (const row of rows) {
    if (place && place !== row) {
      // A row that went down leaves one in the way; one that went up is put before many.
      if (place.nextElementSibling === row) body.append(place);
      else body.insertBefore(row, place);
    }
    place = row.nextElementSibling;
  }
  if (focused && document.activeElement !== focused && body.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
