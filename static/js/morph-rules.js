/** What a live update must leave alone: what somebody types, opens or listens to. */
const isField = (node) => node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement;

/** Typed into since the server last spoke of it. */
const isTouched = (node) =>
  isField(node) && node.type !== "hidden" && (node === document.activeElement || node.value !== node.defaultValue);

/** A card with a form stays as it was shown while somebody fills it in: the words are for that. */
const isHeld = (node) =>
  node.nodeType === Node.ELEMENT_NODE &&
  node.hasAttribute("data-hold") &&
  [...node.querySelectorAll("input, textarea")].some(isTouched);

export function keepWhatPeopleDo() {
  const { callbacks } = window.Idiomorph.defaults;
  callbacks.beforeNodeRemoved = (node) =>
    !isHeld(node) && ![...(node.querySelectorAll?.("[data-hold]") ?? [])].some(isHeld);
  callbacks.beforeNodeMorphed = (old, made) => {
    if (old.nodeType !== Node.ELEMENT_NODE) return true;
    if (isHeld(old)) return false;
    // The server does not know what was chosen there.
    if (old.localName === "select" && old.hasAttribute("data-keep")) return false;
    // These fill themselves; the same id means that they show the same thing still.
    if (old.hasAttribute("data-own") && old.id === made.id) return false;
    if (old.localName === "run-progress") {
      for (const name of ["elapsed", "usual"]) old.setAttribute(name, made.getAttribute(name));
      return false;
    }
    if (old.localName === "time-left") {
      old.setAttribute("minutes", made.getAttribute("minutes"));
      return false;
    }
    if (old.localName === "copy-button" && old.getAttribute("from") === made.getAttribute("from")) return false;
    return !isTouched(old);
  };
  // What is open stays so, and what was pressed waits for its own answer.
  callbacks.beforeAttributeUpdated = (name, node) =>
    !["aria-busy", "data-chosen"].includes(name) &&
    !(name === "open" && (node.localName === "details" || node.localName === "dialog"));
}
