/** Remembers what was typed into `[data-keep]` fields, for when their step is opened again. */
const typed = new Map();

export function noteTyped(event) {
  const field = event.target.closest?.("[data-keep]");
  if (field) typed.set(field.id, field.value);
}

export function restoreTyped(root) {
  for (const field of root.querySelectorAll("[data-keep]")) {
    const text = typed.get(field.id);
    if (text === undefined || text === field.value) continue;
    field.value = text;
    const fold = field.closest("details");
    if (fold) fold.open = true;
  }
}
