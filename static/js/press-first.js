// @ts-check
/**
 * A press on Run is painted before its request is put together: the button says at once that it is
 * busy, and a second press of it does nothing. The server's answer brings other buttons, or the
 * same one as it is then.
 */
import { afterPaint } from "./after-paint.js";

export class PressFirst {
  /** @type {Set<Element>} Buttons that were pressed and have not been answered. */
  busy = new Set();
  isGoing = false;

  /**
   * @param {SubmitEvent} event Of a form that runs something; it comes once more, after the paint.
   * @returns {boolean} Whether it goes on now.
   */
  passes(event) {
    if (this.isGoing) return true;
    const form = /** @type {HTMLFormElement} */ (event.target);
    const { submitter } = event;
    const button = submitter ?? form.querySelector("[type=submit]");
    if (!button || this.busy.has(button)) return false;
    button.setAttribute("aria-busy", "true");
    this.busy.add(button);
    afterPaint(() => this.go(form, /** @type {HTMLButtonElement | null} */ (submitter)));
    return false;
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLButtonElement | null} submitter
   */
  go(form, submitter) {
    // What came meanwhile may have taken it away.
    if (!form.isConnected || (submitter && submitter.form !== form)) {
      this.release();
      return;
    }
    this.isGoing = true;
    form.requestSubmit(submitter);
    this.isGoing = false;
  }

  /** What was asked for is answered, or can't be. */
  release() {
    for (const button of this.busy) button.removeAttribute("aria-busy");
    this.busy.clear();
  }
}
