/** Gives the panes the sizes that somebody has dragged them to, before anything is painted. */
(() => {
  try {
    const sizes = JSON.parse(localStorage.getItem("panes") ?? "{}");
    for (const [name, size] of Object.entries(sizes)) {
      if (/^[a-z]+$/.test(name)) document.documentElement.style.setProperty(`--pane-${name}`, `${Number(size)}px`);
    }
  } catch {
    // Without storage, or with another's words in it: the usual sizes.
  }
})();
