/** `<copy-button from="id">`: copies that element's text, and says so for a moment. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    // Copying needs a secure page; elsewhere a button that fails would only annoy.
    this.hidden = !navigator.clipboard;
    this.addEventListener("click", this.copy);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.copy);
    clearTimeout(this.timer);
  }

  copy = async () => {
    const label = this.querySelector("span");
    try {
      await navigator.clipboard.writeText(document.getElementById(this.getAttribute("from")).textContent.trim());
      label.textContent = "Copied";
    } catch {
      label.textContent = "Not allowed";
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (label.textContent = "Copy"), 1600);
  };
}

customElements.define("copy-button", CopyButton);
