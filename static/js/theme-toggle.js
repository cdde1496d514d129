/** `<theme-toggle>`: a button that turns light into dark and back, and remembers. */
class ThemeToggle extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.addEventListener("click", this.toggle);
    this.tell();
  }

  disconnectedCallback() {
    this.button.removeEventListener("click", this.toggle);
  }

  get isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  toggle = () => {
    const theme = this.isDark ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Then it lasts for this page only.
    }
    this.tell();
  };

  tell() {
    const label = this.isDark ? "Use light colours" : "Use dark colours";
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
  }
}

customElements.define("theme-toggle", ThemeToggle);
