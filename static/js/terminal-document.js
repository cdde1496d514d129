// @ts-check
/**
 * The document that xterm.js is told to use. Our policy forbids `<style>` elements and `style`
 * attributes, and allows constructed sheets and single properties: what it means to write as the
 * one is written as the other.
 */

/** Stands where a style element would; its text is a sheet of the document's.
    @returns {HTMLElement} */
function styleElement() {
  const element = document.createElement("span");
  const sheet = new CSSStyleSheet();
  element.hidden = true;
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(element, "textContent", { set: (/** @type {string} */ text) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

/** @this {HTMLElement}
    @param {string} name
    @param {string} value */
function setAttribute(name, value) {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** @param {string} name */
function createElement(name) {
  if (name === "style") return styleElement();
  const element = document.createElement(name);
  if (name === "span") element.setAttribute = setAttribute;
  return element;
}

/** It is the page's own in everything else. */
export const terminalDocument = new Proxy(document, {
  get(target, name) {
    if (name === "createElement") return createElement;
    const value = Reflect.get(target, name, target);
    return typeof value === "function" ? value.bind(target) : value;
  },
});
