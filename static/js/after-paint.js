// @ts-check
/** Where nothing is painted, as in a window that is hidden, there is no frame to wait for. */
const AT_LATEST = 100;

/**
 * Do something once what has changed so far has been painted: a hand sees that it was felt before
 * the page sets to work.
 *
 * @param {() => void} work
 */
export function afterPaint(work) {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    work();
  };
  // A frame's own callbacks come before it is painted; a task that they set, after.
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, AT_LATEST);
}
