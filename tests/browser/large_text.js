// What letters of twice the size break on a page: text that is cut, and what lies over others.
() => {
  const style = (el) => getComputedStyle(el);
  const up = function* (el) { for (let at = el; at; at = at.parentElement) yield at; };
  const said = (el) => `${el.localName}.${[...el.classList].join(".")} "${el.textContent.trim().slice(0, 30)}"`;
  const isForReaders = (el) => [...up(el)].some((at) =>
    style(at).clipPath.startsWith("inset(50%") || style(at).clip !== "auto");
  const isShown = (el) =>
    el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !isForReaders(el);
  const all = (names) => [...document.querySelectorAll(names)].filter(isShown);
  const found = new Set();
  if (document.documentElement.scrollWidth > innerWidth) found.add("wider than the window");

  const words = (el) => [...el.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const el of all("body *").filter(words)) {
    const range = document.createRange();
    range.selectNodeContents(el);
    const text = range.getBoundingClientRect();
    for (const at of up(el)) {
      const { overflowY, display, webkitLineClamp, position } = style(at);
      if (["auto", "scroll"].includes(overflowY) || at === document.body) break;
      const edge = at.getBoundingClientRect();
      const cuts = display !== "inline" && overflowY !== "visible" && webkitLineClamp === "none";
      if (cuts && (text.bottom > edge.bottom + 3 || text.top < edge.top - 3)) found.add(`cut: ${said(el)}`);
      if (position === "fixed") break;
    }
  }

  // What floats lies over others on purpose.
  const floats = (el) => [...up(el)].some((at) => ["fixed", "sticky", "absolute"].includes(style(at).position));
  const pressed = all("button, a, input, select, textarea, summary").filter((el) => !floats(el));
  const boxes = pressed.map((el) => [el, el.getBoundingClientRect()]);
  for (const [index, [one, a]] of boxes.entries()) {
    for (const [other, b] of boxes.slice(index + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 3 && high > 3) found.add(`one over the other: ${said(one)}, ${said(other)}`);
    }
  }
  return [...found].slice(0, 6);
}
