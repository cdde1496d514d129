// @ts-check
/** Keeps a text on the portal as it is typed: one save at a time, none over another's, none lost. */

const SAVE_MS = 1500;
const AGAIN_MS = 5000;
const AWAY = "Not saved: the portal can’t be reached. It is tried again.";
const OUT = "Not saved: you are no longer logged in. Log in in another tab, then save here.";

/** @typedef {{ base: string, files: Record<string, string> }} Newest */

export class KeptText {
  isOvertaken = false;
  /** @type {Promise<boolean> | null} */
  saving = null;
  /** What was sent last. */
  sent = "";

  /**
   * @param {string} url
   * @param {string} base what the portal calls the text that was loaded
   * @param {() => Record<string, string>} texts all texts as they are now
   * @param {{ told: (words: string, isWrong?: boolean) => void, overtaken: (newest: Newest) => void }} tell
   */
  constructor(url, base, texts, tell) {
    this.url = url;
    this.base = base;
    this.texts = texts;
    this.tell = tell;
    this.saved = sign(texts());
  }

  /** Whether there is something that the portal doesn't have. */
  get isChanged() {
    return sign(this.texts()) !== this.saved;
  }

  /** Something was typed. */
  later(wait = SAVE_MS) {
    clearTimeout(this.timer);
    if (this.isOvertaken) return;
    if (!this.isChanged) return this.tell.told("Saved");
    if (wait === SAVE_MS) this.tell.told("Changed");
    this.timer = setTimeout(() => this.save(), wait);
  }

  /** Save what is there now; whether the portal has it then. */
  async save() {
    clearTimeout(this.timer);
    while (this.saving) await this.saving;
    if (this.isOvertaken) return false;
    if (!this.isChanged) {
      this.tell.told("Saved");
      return true;
    }
    this.saving = this.send().finally(() => {
      this.saving = null;
    });
    return this.saving;
  }

  async send() {
    const files = this.texts();
    const before = this.sent;
    this.sent = sign(files);
    let response;
    try {
      response = await this.post(this.url, { base: this.base, files });
    } catch {
      this.tell.told(AWAY, true);
      this.later(AGAIN_MS);
      return false;
    }
    // A page in the place of an answer is that of logging in.
    const answer = await response.json().catch(() => ({ said: response.redirected ? OUT : AWAY }));
    if (response.ok && answer.base) return this.took(answer.base, files);
    // What is there came from here: only its answer was lost.
    const there = answer.newest && sign(answer.newest.files);
    if (there && (there === this.sent || there === before)) return this.took(answer.newest.base, answer.newest.files);
    this.tell.told(`${answer.newest ? "Not saved. " : ""}${answer.said}`, true);
    if (answer.newest) {
      this.isOvertaken = true;
      this.tell.overtaken(answer.newest);
    } else if (answer.said === AWAY) this.later(AGAIN_MS);
    return false;
  }

  /** @param {string} base @param {Record<string, string>} files */
  took(base, files) {
    this.base = base;
    this.saved = sign(files);
    if (this.isChanged) this.later();
    else this.tell.told("Saved");
    return !this.isChanged;
  }

  /** Save over what is there, which somebody has seen. @param {string} base */
  go(base) {
    this.base = base;
    this.isOvertaken = false;
    this.save();
  }

  /** What is there has taken this text's place. @param {string} base */
  take(base) {
    this.base = base;
    this.isOvertaken = false;
    this.saved = sign(this.texts());
    this.tell.told("Saved");
  }

  stop() {
    clearTimeout(this.timer);
  }

  /** @param {string} url @param {unknown} data @param {AbortSignal} [signal] */
  post(url, data, signal) {
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    if (data instanceof FormData) return fetch(url, { method: "POST", headers, body: data, signal });
    headers["Content-Type"] = "application/json";
    return fetch(url, { method: "POST", headers, body: JSON.stringify(data), signal });
  }
}

/** One word for all texts, whatever their order. @param {Record<string, string>} files */
const sign = (files) => JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
