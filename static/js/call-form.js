/**
 * `<call-form data-url>`: shows, while a call is being made up, the command that makes it, as the
 * server builds it; `[data-fills]` buttons fill the form of the element that they name.
 * `<call-replies data-run>`: brings itself into sight when a call was answered.
 */
const PAUSE = 200;
/** A call was made from here, and its reply is awaited. */
let isAwaited = false;

class CallForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this.onInput);
    document.addEventListener("click", this.onClick);
    document.addEventListener("submit", this.onSubmit);
    this.onInput();
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.onInput);
    document.removeEventListener("click", this.onClick);
    document.removeEventListener("submit", this.onSubmit);
    clearTimeout(this.timer);
    this.request?.abort();
  }

  get form() {
    return this.querySelector("form");
  }

  onInput = () => {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(), PAUSE);
  };

  onSubmit = (event) => {
    if (event.target.hasAttribute("data-stays")) isAwaited = true;
  };

  async show() {
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    try {
      const body = new URLSearchParams(new FormData(this.form));
      const response = await fetch(this.dataset.url, { method: "POST", body, signal });
      if (response.ok) this.tell(await response.json());
    } catch (error) {
      // The next key tries again.
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
    }
  }

  tell({ line = "", notes = [], refusal = "" }) {
    const place = this.querySelector("[data-line]");
    place.textContent = line;
    place.hidden = !line;
    const note = this.querySelector("[data-note]");
    note.textContent = [refusal, ...notes].join(" ").trim();
    note.toggleAttribute("data-wrong", Boolean(refusal));
  }

  onClick = (event) => {
    const button = event.target.closest(`[data-fills="${this.id}"]`);
    if (button) this.fill(button);
  };

  /** A preset says all of a call; a route, in the form beside its button, its method and path. */
  fill(button) {
    const { method, path } = button.form === this.form ? button.dataset : Object.fromEntries(new FormData(button.form));
    const { headers = "", bodyKind = "none", body = "" } = button.dataset;
    const fields = this.form.elements;
    this.set(fields.method, method);
    this.set(fields.path, path);
    this.set(fields.headers, headers.trimEnd());
    this.set(fields.body_kind, bodyKind);
    this.set(fields.body, body);
    const hasBody = ["POST", "PUT", "PATCH"].includes(method);
    if (headers || body || hasBody) this.querySelector("details").open = true;
    fields.path.focus();
    const argument = path.match(/<[^<>]*>/);
    if (argument) fields.path.setSelectionRange(argument.index, argument.index + argument[0].length);
  }

  set(field, value) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

class CallReplies extends HTMLElement {
  static observedAttributes = ["data-run"];

  connectedCallback() {
    this.arrive();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.arrive();
  }

  arrive() {
    if (!isAwaited) return;
    isAwaited = false;
    // What is put in place at the same time moves it still.
    requestAnimationFrame(() => this.scrollIntoView({ block: "nearest" }));
  }
}

customElements.define("call-form", CallForm);
customElements.define("call-replies", CallReplies);
