/**
 * What `<live-log>`, `<live-topic>` and `<step-output>` share: rows come in one batch an animation
 * frame, at most MOST of them are kept, and the newest is followed until somebody scrolls up.
 * A subclass says `row(entry)`, which returns a node, and may say `noun`.
 */
import { liveSocket } from "./live-socket.js";

const MOST = 2000;
const NEAR_END = 32;
const ANNOUNCE_EVERY = 5000;

export const number = (value) => value.toLocaleString("en");

export class LiveList extends HTMLElement {
  noun = ["line", "lines"];

  connectedCallback() {
    this.scroller = this.querySelector("[data-scroll]") ?? this;
    this.rows = this.querySelector("[data-rows]") ?? this;
    this.queue = [];
    this.followed = new Set();
    this.isFollowing = true;
    this.jump = this.querySelector("[data-jump]");
    this.scroller.addEventListener("scroll", this.onScroll, { passive: true });
    this.jump?.addEventListener("click", this.onJump);
    // A panel that is shown again has a new height: the newest row belongs in sight.
    this.sizes = new ResizeObserver(() => this.isFollowing && this.toEnd());
    this.sizes.observe(this.scroller);
    this.announcer = setInterval(() => this.announce(), ANNOUNCE_EVERY);
    this.reset();
    if (this.getAttribute("stream")) this.follow(this.getAttribute("stream"));
  }

  disconnectedCallback() {
    this.unfollowAll();
    this.scroller.removeEventListener("scroll", this.onScroll);
    this.jump?.removeEventListener("click", this.onJump);
    this.sizes.disconnect();
    clearInterval(this.announcer);
    cancelAnimationFrame(this.frame);
  }

  follow(stream) {
    if (this.followed.has(stream)) return;
    this.followed.add(stream);
    liveSocket().follow(stream, this);
  }

  unfollowAll() {
    for (const stream of this.followed) liveSocket().unfollow(stream, this);
    this.followed.clear();
  }

  /** Show another stream instead. */
  show(stream) {
    this.unfollowAll();
    this.reset();
    this.follow(stream);
  }

  reset() {
    this.queue.length = 0;
    this.count = 0;
    this.dropped = 0;
    this.unread = 0;
    this.unsaid = 0;
    this.rows.replaceChildren();
    this.isFollowing = true;
    this.tell();
  }

  onEntries(entries, gap) {
    if (gap) this.queue.push({ gap });
    this.queue.push(...entries);
    this.frame ??= requestAnimationFrame(() => this.flush());
  }

  onRestart() {
    this.reset();
  }

  onRefused(message) {
    this.rows.append(note(message));
    this.tell();
  }

  flush() {
    this.frame = undefined;
    const batch = this.queue.splice(0);
    const passedOver = Math.max(0, batch.length - MOST);
    const fragment = document.createDocumentFragment();
    for (const entry of batch.slice(passedOver)) {
      fragment.append(
        "gap" in entry ? note(`${number(entry.gap)} ${this.nouns(entry.gap)} gone`) : this.row(entry),
      );
    }
    for (const entry of batch.slice(0, passedOver)) this.passOver(entry);
    this.count += batch.length;
    this.dropped += passedOver;
    if (!this.isFollowing) this.unread += batch.length;
    this.unsaid += batch.length;
    this.rows.append(fragment);
    while (this.rows.childElementCount > MOST) {
      this.rows.firstElementChild.remove();
      this.dropped += 1;
    }
    if (this.isFollowing) this.toEnd();
    this.tell();
  }

  /** An entry that is counted but too old to be shown. */
  passOver() {}

  nouns(count) {
    return `${this.noun[count === 1 ? 0 : 1]} ${count === 1 ? "is" : "are"}`;
  }

  tell() {
    const dropped = this.querySelector("[data-dropped]");
    if (dropped) {
      dropped.hidden = !this.dropped;
      dropped.textContent = `${number(this.dropped)} earlier ${this.nouns(this.dropped)} not shown`;
    }
    const empty = this.querySelector("[data-empty]");
    if (empty) empty.hidden = this.rows.childElementCount > 0;
    const summary = this.querySelector("[data-summary]");
    if (summary) summary.textContent = this.count ? `${number(this.count)} ${this.noun[this.count === 1 ? 0 : 1]}` : "";
    if (this.jump) {
      this.jump.hidden = this.isFollowing;
      const label = this.jump.querySelector("span");
      label.textContent = this.unread ? `${number(this.unread)} new` : "Jump to newest";
    }
    this.dispatchEvent(new CustomEvent("live:count", { bubbles: true, detail: this.count }));
  }

  /** Tell a screen reader how much came, not what: the lines themselves would never end. */
  announce() {
    const place = this.querySelector("[data-announce]");
    if (!place || !this.unsaid || !this.checkVisibility()) return;
    place.textContent = `${number(this.unsaid)} new ${this.noun[this.unsaid === 1 ? 0 : 1]}`;
    this.unsaid = 0;
  }

  onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    if (!clientHeight) return;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (isAtEnd === this.isFollowing) return;
    this.isFollowing = isAtEnd;
    if (isAtEnd) this.unread = 0;
    this.tell();
  };

  onJump = () => {
    this.isFollowing = true;
    this.unread = 0;
    this.toEnd();
    this.scroller.focus({ preventScroll: true });
    this.tell();
  };

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

/** A row that is not of the stream but about it. */
export function note(text) {
  return element("p", "row-note", text);
}

/** An element of that class with that text; what comes from a cluster gets in as text only. */
export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const twoDigits = (value) => String(value).padStart(2, "0");

/** An entry's time, which is in seconds since the epoch, as 14:03:22.118. */
export function clock(seconds) {
  const at = new Date(seconds * 1000);
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits);
  return `${parts.join(":")}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
