/**
 * What `<live-log>`, `<live-topic>` and `<step-output>` share. Entries that come are taken in once
 * an animation frame, for a few milliseconds; the newest KEPT are kept, those near the sight are
 * rows, and the newest is followed until somebody scrolls up or pauses. A subclass says
 * `take(entry, items)`, which makes items of an entry, `row(item)`, which returns a node, and
 * `matches(item, needle)`; it may say `noun`.
 */
import { BoundedQueue, MOST_CHARACTERS, weight } from "./bounded-queue.js";
import { FollowingList } from "./following-list.js";
import { KEPT } from "./live-channel.js";
import { liveSocket } from "./live-socket.js";
import { note, number } from "./text-nodes.js";

const ANNOUNCE_EVERY = 5000;
const EMPTY_AFTER = 800;
const FRAME_BUDGET = 8;
const HIDDEN_EVERY = 500;
const TELL_EVERY = 200;
const RENDER_EVERY = 40;
const SLACK = 1000;

export class LiveList extends FollowingList {
  noun = ["line", "lines"];

  connectedCallback() {
    this.hold((item) => this.rowOf(item));
    this.queue = new BoundedQueue(KEPT);
    this.followed = new Set();
    this.needle = "";
    this.jump = this.querySelector("[data-jump]");
    this.search = this.querySelector("[data-search]");
    this.jump?.addEventListener("click", this.onJump);
    this.search?.addEventListener("input", this.onSearch);
    this.watch();
    this.announcer = setInterval(() => this.announce(), ANNOUNCE_EVERY);
    // What there is takes a moment to come; "nothing yet" would be said and taken back.
    this.isNew = true;
    this.settler = setTimeout(() => this.settle(), EMPTY_AFTER);
    this.reset();
    if (this.getAttribute("stream")) this.follow(this.getAttribute("stream"));
  }

  disconnectedCallback() {
    this.unfollowAll();
    this.jump?.removeEventListener("click", this.onJump);
    this.search?.removeEventListener("input", this.onSearch);
    this.unhold();
    clearInterval(this.announcer);
    cancelAnimationFrame(this.frame);
    for (const timer of [this.timer, this.teller, this.searcher, this.settler]) clearTimeout(timer);
    this.frame = this.timer = this.teller = undefined;
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
    this.queue.clear();
    this.items = [];
    this.count = 0;
    this.dropped = 0;
    this.unread = 0;
    this.unsaid = 0;
    this.seq = 0;
    this.weight = 0;
    this.isFollowing = true;
    this.isPaused = false;
    this.elsewhere = undefined;
    this.filter();
  }

  // What comes.

  onEntries(entries) {
    // A page in the background is not shown for minutes: what it can't keep it only counts.
    for (const entry of this.queue.push(entries)) this.passOver(entry);
    this.plan();
  }

  plan() {
    if (this.frame || this.timer) return;
    if (document.hidden) this.timer = setTimeout(() => this.flush(), HIDDEN_EVERY);
    else this.frame = requestAnimationFrame(() => this.flush());
  }

  onRestart() {
    this.reset();
    this.items.push({
      note: "A new cluster, or a new topic of this name: what came before is of the old one.",
      seq: 0,
    });
    this.render();
  }

  onRefused(message) {
    this.items.push({ note: message, seq: ++this.seq });
    this.filter();
  }

  flush() {
    this.frame = this.timer = undefined;
    const before = this.items.length;
    this.queue.drain(performance.now() + FRAME_BUDGET, (entry) => {
      if ("gap" in entry) {
        this.items.push({ note: `${number(entry.gap)} ${this.nouns(entry.gap)} gone` });
        return;
      }
      this.count += 1;
      this.take(entry, this.items);
    });
    const fresh = this.items.slice(before);
    for (const item of fresh) {
      item.seq = ++this.seq;
      this.weight += item.weight = weight(item.record ?? item);
    }
    this.renew(before - 1);
    if (!this.elsewhere && this.view !== this.items)
      for (const item of fresh) if (this.fits(item)) this.view.push(item);
    if (!this.isFollowing) this.unread += fresh.length;
    this.unsaid += fresh.length;
    const isTrimmed = this.trim();
    // A burst is shown some frames at a time; but trimming moves the sight, as scrolling would.
    const isDue = isTrimmed || performance.now() - (this.renderedAt ?? 0) > RENDER_EVERY;
    if (isDue) this.render();
    this.teller ??= setTimeout(() => this.tell(), TELL_EVERY);
    if (this.queue.length || !isDue) this.plan();
  }

  /** The item that was the last has grown: a line that had no end yet. */
  renew(index) {
    const item = this.items[index];
    if (!item?.isTouched) return;
    item.isTouched = false;
    const at = this.view.lastIndexOf(item);
    if (at >= 0) this.virtual.renew(at);
    else if (this.fits(item)) this.view.push(item);
  }

  /** Forget the oldest items, unless somebody has paused to read them. Whether there were any. */
  trim() {
    const most = this.isPaused ? 2 * KEPT : KEPT;
    if (this.items.length < most + SLACK && this.weight < MOST_CHARACTERS) return false;
    let count = 0;
    while (this.items.length - count > most || this.weight > 0.9 * MOST_CHARACTERS) {
      if (count >= this.items.length - 1) break;
      this.weight -= this.items[count].weight ?? 0;
      count += 1;
    }
    if (!count) return false;
    const last = this.items[count - 1];
    this.dropped += count;
    this.items.splice(0, count);
    if (this.elsewhere) return true;
    if (this.view === this.items) this.virtual.dropped(count);
    else {
      const gone = this.view.findIndex((item) => item.seq > last.seq);
      const lost = gone < 0 ? this.view.length : gone;
      this.view.splice(0, lost);
      this.virtual.dropped(lost);
    }
    return true;
  }

  /** An entry that is counted but too old to be shown. */
  passOver(entry) {
    this.count += "gap" in entry ? 0 : 1;
    this.dropped += 1;
  }

  // What is shown.

  rowOf(item) {
    if (item.note !== undefined) return note(item.note);
    const row = this.row(item);
    if (item === this.target) row.classList.add("is-target");
    return row;
  }

  fits(item) {
    return !this.needle || (item.note === undefined && this.matches(item, this.needle));
  }

  /** Show the items that match what is searched for; all of them when nothing is. `elsewhere`
      are items that are shown instead of those that come. */
  filter() {
    const items = this.elsewhere ?? this.items;
    this.view = this.needle ? items.filter((item) => this.fits(item)) : items;
    this.virtual.clear(this.view);
    if (this.isFollowing) this.render();
    else this.virtual.render(0, 0);
    this.tell();
  }

  onSearch = () => {
    clearTimeout(this.searcher);
    this.searcher = setTimeout(() => {
      this.needle = this.search.value.toLowerCase();
      this.filter();
    }, 120);
  };

  nouns(count) {
    return `${this.noun[count === 1 ? 0 : 1]} ${count === 1 ? "is" : "are"}`;
  }

  settle() {
    this.isNew = false;
    this.tell();
  }

  tell() {
    clearTimeout(this.teller);
    this.teller = undefined;
    const dropped = this.querySelector("[data-dropped]");
    if (dropped) {
      dropped.hidden = !this.dropped;
      dropped.textContent = `${number(this.dropped)} earlier ${this.nouns(this.dropped)} not shown`;
    }
    const empty = this.querySelector("[data-empty]");
    if (empty) empty.hidden = this.isNew || this.items.length > 0;
    const summary = this.querySelector("[data-summary]");
    if (summary) summary.textContent = this.summary();
    if (this.jump) {
      this.jump.hidden = this.isFollowing;
      const label = this.jump.querySelector("span");
      label.textContent = this.unread ? `${number(this.unread)} new` : "Jump to newest";
    }
    this.dispatchEvent(new CustomEvent("live:count", { bubbles: true, detail: this.count }));
  }

  summary() {
    const all = this.count ? `${number(this.count)} ${this.noun[this.count === 1 ? 0 : 1]}` : "";
    return this.needle && !this.elsewhere ? `${number(this.view.length)} of ${all || "none"} match` : all;
  }

  /** Tell a screen reader how much came, not what: the lines themselves would never end. */
  announce() {
    const place = this.querySelector("[data-announce]");
    if (!place || !this.unsaid || !this.checkVisibility()) return;
    place.textContent = `${number(this.unsaid)} new ${this.noun[this.unsaid === 1 ? 0 : 1]}`;
    this.unsaid = 0;
  }

  onJump = () => this.goOn();

  /** Back to the newest, from wherever. */
  goOn() {
    this.isPaused = false;
    this.letGo(true);
    this.elsewhere = undefined;
    this.filter();
    this.scroller.focus({ preventScroll: true });
  }

  /** Bring an item into sight and mark it. */
  reveal(item) {
    this.letGo(false);
    if (this.needle || !this.view.includes(item)) {
      // Among what stands around it, not among what else was found.
      if (this.search) this.search.value = "";
      this.needle = "";
      this.filter();
    }
    this.target = item;
    this.virtual.reveal(this.view.indexOf(item));
  }
}
