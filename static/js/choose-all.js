// @ts-check
/** `<choose-all>`: a button that ticks every box of the table beside it, or none. */
class ChooseAll extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.addEventListener("click", this.choose);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.choose);
  }

  choose() {
    const form = this.getAttribute("form") ?? "";
    /** @type {NodeListOf<HTMLInputElement>} */
    const boxes = document.querySelectorAll(`input[type="checkbox"][form="${CSS.escape(form)}"]`);
    const isAll = [...boxes].every((box) => box.checked);
    for (const box of boxes) box.checked = !isAll;
  }
}

customElements.define("choose-all", ChooseAll);
