/** Menus (`details.menu`) close on Escape, on a click elsewhere, and when focus leaves them. */
const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What opens a dialog has said what it had to say; a form's button goes on to its page.
document.addEventListener("click", (event) => {
  const chosen = event.target.closest(".menu-items :is(a, button)");
  if (chosen) chosen.closest("details.menu").open = false;
});

for (const type of ["click", "focusin"]) {
  document.addEventListener(type, (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}
