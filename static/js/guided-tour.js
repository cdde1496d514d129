/**
 * `<guided-tour data-url>`: shows one part of the page after the other, each with a card beside it.
 * It is offered by the server; anything with `data-takes-tour` begins it. However it ends, or is
 * put away, the server hears of it, and offers it no more. Parts that are not there are passed over.
 */
import { inSight, placeCard } from "./tour-place.js";

class GuidedTour extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.ring = this.querySelector(".tour-ring");
    this.card = this.querySelector(".tour-card");
    document.addEventListener("click", this.onBegin);
    this.addEventListener("click", this.onClick);
    this.dialog.addEventListener("close", this.onClose);
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.onBegin);
    this.removeEventListener("click", this.onClick);
    this.dialog.removeEventListener("close", this.onClose);
    cancelAnimationFrame(this.frame);
  }

  onBegin = (event) => {
    const taker = event.target.closest("[data-takes-tour]");
    if (!taker) return;
    // A menu closes over what was chosen in it, and the offer goes with the tour's end.
    this.backTo = taker.closest("details")?.querySelector("summary") ?? document.getElementById("step-title");
    this.begin();
  };

  onClick = (event) => {
    // A click beside a card is no wish to end.
    if (this.dialog.contains(event.target)) event.stopPropagation();
    if (event.target.closest("[data-no-tour]")) this.putAway();
    if (event.target.closest("[data-back]")) this.show(this.at - 1);
    if (!event.target.closest("[data-on]")) return;
    if (this.at === this.stops.length - 1) this.dialog.close();
    else this.show(this.at + 1);
  };

  begin() {
    const all = [...this.querySelectorAll("[data-stop]")];
    this.stops = all.filter((stop) => !stop.dataset.at || this.part(stop));
    this.scrolled = [document.scrollingElement, document.querySelector(".step-pane")].map((each) => [
      each,
      each.scrollTop,
    ]);
    this.dialog.showModal();
    this.show(0);
    this.follow();
  }

  /** The first part of the page that a stop is about, if it is there to be seen. */
  part(stop) {
    const found = stop.dataset.at?.split(",").flatMap((each) => [...document.querySelectorAll(each)]);
    return found?.find((each) => each.getClientRects().length);
  }

  show(at) {
    this.at = at;
    for (const stop of this.querySelectorAll("[data-stop]")) stop.hidden = stop !== this.stops[at];
    const isLast = at === this.stops.length - 1;
    this.querySelector("[data-place]").textContent = `${at + 1} of ${this.stops.length}`;
    this.querySelector("[data-ends-tour]").hidden = isLast;
    this.querySelector("[data-back]").hidden = at === 0;
    const on = this.querySelector("[data-on]");
    on.textContent = isLast ? "Done" : "Next";
    on.focus();
    // In the middle no dock and no sheet lies over what is read.
    const block = this.stops[at].dataset.scroll ?? "nearest";
    this.part(this.stops[at])?.scrollIntoView({ block });
  }

  /** The page goes on below: the card stays where its part is. */
  follow = () => {
    if (!this.dialog.open) return;
    const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const part = this.part(this.stops[this.at]);
    const box = part && inSight(part.getBoundingClientRect(), view);
    const place = placeCard(box, { width: this.card.offsetWidth, height: this.card.offsetHeight }, view);
    this.ring.hidden = !box;
    if (box) this.put(this.ring, box);
    this.put(this.card, place);
    this.frame = requestAnimationFrame(this.follow);
  };

  put(element, box) {
    for (const side in box) {
      const length = `${Math.round(box[side])}px`;
      if (element.style[side] !== length) element.style[side] = length;
    }
  }

  onClose = () => {
    cancelAnimationFrame(this.frame);
    for (const [scroller, top] of this.scrolled) scroller.scrollTop = top;
    this.putAway();
  };

  putAway() {
    // In flight it outlives the page; should it fail, the tour is offered once more.
    const body = new FormData(this.querySelector("form"));
    fetch(this.dataset.url, { method: "POST", body, keepalive: true }).catch(() => {});
    this.querySelector("[data-offer]")?.remove();
    (this.backTo ?? document.getElementById("step-title")).focus({ preventScroll: true });
    this.backTo = undefined;
  }
}

customElements.define("guided-tour", GuidedTour);
