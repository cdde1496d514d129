/** Buttons that open a dialog, or close the one that they are in; so does a click beside it. */
export function onDialog(event) {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  if (event.target.closest("[data-closes]") || event.target.matches("dialog")) {
    event.target.closest("dialog").close();
  }
}
