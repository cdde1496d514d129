// @ts-check
/** Links of a step that lead beside it: to a file, to a panel, or into a field. */

/** @typedef {HTMLElement & { select: (tab: string, byUser?: boolean) => void }} Tabs */

/**
 * Do what was clicked says, if it says anything.
 *
 * @param {Event} event
 * @param {Tabs} tabs
 * @param {{ isOpen: boolean }} sheet What the panels are in on a narrow screen.
 */
export function follow(event, tabs, sheet) {
  const at = /** @type {Element} */ (event.target);
  const get = (/** @type {string} */ what) => /** @type {HTMLElement | null} */ (at.closest(what));
  const edit = get("[data-edit]");
  if (edit) {
    event.preventDefault();
    tabs.select("code", true);
    sheet.isOpen = true;
    /** @type {any} */ (document.querySelector("code-files")).open(edit.dataset.edit);
  }
  const takes = get("[data-takes]");
  if (takes) {
    const field = /** @type {HTMLInputElement} */ (document.getElementById(takes.dataset.into ?? ""));
    field.value = document.getElementById(takes.dataset.takes ?? "")?.textContent?.trim() ?? "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const look = get("[data-look]");
  if (look) {
    tabs.select(look.dataset.look ?? "", true);
    sheet.isOpen = true;
    tabs.scrollIntoView({ block: "nearest" });
  }
}
