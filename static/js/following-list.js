/**
 * A list of rows in `[data-scroll]` whose newest stays in sight, whatever layout does, until a
 * person scrolls away from it. A subclass says `tell()`, and may hold the list by `isPaused` or
 * `elsewhere`.
 */
import { VirtualRows } from "./virtual-rows.js";

const USES = ["wheel", "touchmove", "pointerdown", "keydown"];

export class FollowingList extends HTMLElement {
  /** `make(item)` returns a row. */
  hold(make) {
    this.scroller = this.querySelector("[data-scroll]");
    this.virtual = new VirtualRows(this.scroller, this.querySelector("[data-rows]"), make);
    this.scroller.addEventListener("scroll", this.onScroll, { passive: true });
    for (const type of USES) this.scroller.addEventListener(type, this.onUse, { passive: true });
  }

  /** Look at heights from now on. */
  watch() {
    // A panel that is shown again has a new height: the newest row belongs in sight.
    this.sizes = new ResizeObserver(() => this.render());
    this.sizes.observe(this.scroller);
    // So does it when something in the panel has: a note above the rows, a line that is wrapped.
    this.heights = new ResizeObserver(() => this.isFollowing && this.virtual.keepEnd());
    for (const part of this.scroller.children) this.heights.observe(part);
  }

  unhold() {
    this.scroller.removeEventListener("scroll", this.onScroll);
    for (const type of USES) this.scroller.removeEventListener(type, this.onUse);
    this.sizes.disconnect();
    this.heights.disconnect();
  }

  render() {
    // Out of sight there is nothing to do: the observer tells when that changes.
    if (!this.scroller.clientHeight) return this.virtual.sight.forget();
    if (this.isFollowing) this.virtual.toEnd();
    else this.virtual.grown();
    this.renderedAt = performance.now();
  }

  onScroll = () => {
    const does = this.virtual.sight.judge();
    if (does === "left" && this.isFollowing) this.letGo(false);
    if (does === "came") this.followAgain();
    if (this.isFollowing) this.virtual.keepEnd();
    else this.virtual.look();
  };

  /** Rows that are made on the way may stop a scroll that a key has begun; End means the end. */
  onUse = (event) => {
    const { sight } = this.virtual;
    sight.use();
    if (event.key !== "End" || event.target !== this.scroller) return;
    this.followAgain();
    if (this.isFollowing) sight.send();
  };

  followAgain() {
    if (this.isFollowing || this.isPaused || this.elsewhere) return;
    this.letGo(true);
    this.render();
  }

  letGo(isFollowing) {
    this.isFollowing = isFollowing;
    if (isFollowing) this.unread = 0;
    this.tell();
  }
}
