// @ts-check
// Not a module: it has to stand before the first button does.
//
// What a page's buttons do is in modules, which run once the page has been read. A press before
// that would be lost, or would go past the question that its module asks: it waits for them.
(() => {
  /** @type {Set<HTMLButtonElement>} */
  const waiting = new Set();

  /** @param {Event} event */
  const hold = (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting.add(button);
  };

  document.addEventListener("click", hold, { capture: true });
  document.addEventListener(
    "DOMContentLoaded",
    // Modules may wait for the same event: they are all there when it is over.
    () =>
      setTimeout(() => {
        document.removeEventListener("click", hold, { capture: true });
        for (const button of waiting) button.click();
      }),
    { once: true },
  );
})();
