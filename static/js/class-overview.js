/**
 * `<class-overview>`: a class's table, live. The server sends the rows that have changed, already
 * gathered; they are morphed into place in one frame. Sorting and filtering happen here.
 */
import { afterPaint } from "./after-paint.js";
import { keepWhatPeopleDo } from "./morph-rules.js";
import { readPlots } from "./plots.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";
import { bringInto } from "./row-order.js";
import { RowUpdates } from "./row-updates.js";
import { unaccented } from "./unaccented.js";

const SUMMARY_EVERY = 4000;
const TICK_EVERY = 15_000;
const COLUMNS_BEFORE_STEPS = 5;

const SHOWS = {
  live: (row) => row.dataset.live === "true",
  failed: (row) => row.querySelector('[data-state="failed"]') !== null,
  hand: (row) => row.dataset.hand !== "",
  finished: (row) => row.dataset.finished === "true",
  none: (row) => row.dataset.status === "",
};

class ClassOverview extends HTMLElement {
  connectedCallback() {
    this.body = this.querySelector("#rows");
    this.updates = new RowUpdates(this.place, this.placed);
    this.names = new Map();
    this.sortedBy = "name";
    this.isUp = true;
    readPlots(this);
    this.addEventListener("input", this.onFilter);
    this.addEventListener("click", this.onClick);
    this.addEventListener("submit", this.onSubmit);
    this.addEventListener("tab:shown", this.onView);
    this.timer = setInterval(() => this.tick(), TICK_EVERY);
    document.addEventListener("DOMContentLoaded", this.onReady, { once: true });
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.onFilter);
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("submit", this.onSubmit);
    this.removeEventListener("tab:shown", this.onView);
    clearInterval(this.timer);
    clearTimeout(this.summary);
    this.updates.stop();
    this.socket?.end();
  }

  onReady = () => {
    if (!this.body) return;
    keepWhatPeopleDo();
    this.filter();
    this.open();
  };

  // The socket.

  open() {
    const query = this.dataset.lab ? `?lab=${encodeURIComponent(this.dataset.lab)}` : "";
    this.socket = new ReconnectingSocket(this.dataset.socket + query);
    this.socket.addEventListener("status", () => this.tell());
    // Something may have changed before the socket was there, or while it was gone.
    this.socket.addEventListener("opened", () => this.fetchAll());
    this.socket.addEventListener("message", ({ detail }) => this.received(detail));
    this.socket.open();
  }

  tell() {
    const { status, reason } = this.socket;
    const isRefused = status === "refused";
    const place = this.querySelector("[data-live-status]");
    place.dataset.state = isRefused ? "offline" : status;
    place.textContent = isRefused ? `not live: ${reason}` : status;
  }

  async fetchAll() {
    const page = await this.fetchLive("");
    if (!page) return;
    const rows = [...page.querySelectorAll("#rows > tr")];
    const isSame = rows.length === this.body.rows.length && rows.every((row) => document.getElementById(row.id));
    if (!isSame) {
      this.updates.forget();
      this.body.replaceChildren(...rows);
    }
    this.updates.add(isSame ? Object.fromEntries(rows.map((row) => [row.id, row.outerHTML])) : {});
    this.show(page);
  }

  async fetchLive(only) {
    const url = new URL(this.dataset.live, location);
    if (this.dataset.lab) url.searchParams.set("lab", this.dataset.lab);
    if (only) url.searchParams.set("only", only);
    url.searchParams.set("view", this.querySelector("tab-set").selected);
    try {
      const answer = await fetch(url);
      if (!answer.ok || answer.redirected) return null;
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return null;
    }
  }

  show(page) {
    for (const id of ["totals", "groups", "times", "answers", "board-rows"]) {
      const fresh = page.getElementById(id);
      const shown = document.getElementById(id);
      if (fresh && shown) window.Idiomorph.morph(shown, fresh.outerHTML);
    }
    readPlots(this);
  }

  received(message) {
    if (message.type !== "rows") return;
    this.updates.add(message.rows);
    this.summary ??= setTimeout(() => {
      this.summary = undefined;
      this.fetchSummary();
    }, SUMMARY_EVERY);
  }

  /** What the rows say together, and the view that is open. */
  async fetchSummary() {
    const page = await this.fetchLive("summary");
    if (page) this.show(page);
  }

  onView = (event) => {
    const { tab } = event.detail;
    for (const field of this.querySelectorAll("input[name=view]")) field.value = field.defaultValue = tab;
    const address = new URL(location);
    address.searchParams.set("view", tab);
    history.replaceState(null, "", address);
    this.fetchSummary();
  };

  place = (id, html) => {
    const row = document.getElementById(id);
    if (!row) return;
    const box = row.querySelector("[name=sessions]");
    const { hidden } = row;
    const isChosen = box?.checked;
    const made = document.createElement("template");
    made.innerHTML = html.trim();
    const fresh = made.content.firstElementChild;
    // The page's own: a row is hidden until the filter has looked at what it says now.
    fresh.hidden = hidden;
    window.Idiomorph.morph(row, fresh);
    const after = row.querySelector("[name=sessions]");
    if (!after) return;
    after.disabled = hidden;
    if (isChosen) after.checked = true;
  };

  placed = () => {
    // As the server sorts them, unless it was asked otherwise.
    if (this.sortedBy !== "name" || !this.isUp) this.sort();
    this.filter();
    this.count();
  };

  count() {
    for (const place of this.querySelectorAll("[data-count]")) {
      const column = Number(place.dataset.count) + COLUMNS_BEFORE_STEPS;
      let done = 0;
      for (const row of this.body.rows) {
        const { state } = row.cells[column].dataset;
        if (state === "passed" || state === "serving") done += 1;
      }
      place.textContent = done;
    }
  }

  // Sorting and filtering.

  sort() {
    const key = this.sortedBy;
    const value = (row) => {
      if (key === "done" || key === "hints") return Number(row.dataset[key]);
      // Who waits longest comes first; who isn't at work comes last.
      if (key === "since") return row.dataset.since ? Number(row.dataset.since) : Infinity;
      if (key === "status") return `${row.dataset.hand ? 0 : 1}${row.dataset.status || "~"}`;
      return row.dataset.name;
    };
    const rows = [...this.body.rows].map((row) => [value(row), row]);
    const way = this.isUp ? 1 : -1;
    rows.sort(([a], [b]) => (a < b ? -way : a > b ? way : 0));
    bringInto(
      this.body,
      rows.map(([, row]) => row),
    );
  }

  /** A row's name as it is searched. */
  nameOf(row) {
    const { name } = row.dataset;
    if (!this.names.has(name)) this.names.set(name, unaccented(name));
    return this.names.get(name);
  }

  onFilter = (event) => {
    if (event.target.matches("[data-filter]")) this.filter();
  };

  filter() {
    const wish = (name) => this.querySelector(`[data-filter="${name}"]`).value;
    const words = unaccented(wish("text")).split(/\s+/);
    const shows = SHOWS[wish("state")];
    const minutes = wish("stuck");
    const before = minutes === "" ? Infinity : Date.now() / 1000 - 60 * Number(minutes);
    let shown = 0;
    for (const row of this.body.rows) {
      const name = this.nameOf(row);
      const isStuck = minutes === "" || (row.dataset.since !== "" && Number(row.dataset.since) < before);
      const isWanted = isStuck && (!shows || shows(row)) && words.every((word) => name.includes(word));
      if (row.hidden === isWanted) this.hide(row, !isWanted);
      shown += isWanted;
    }
    const total = this.body.rows.length;
    this.querySelector("[data-shown]").textContent = shown === total ? "" : `${shown} of ${total} shown`;
  }

  /** Who isn't shown is not acted on; whoever was chosen is so again once they are shown. */
  hide(row, isHidden) {
    row.hidden = isHidden;
    const box = row.querySelector("[name=sessions]");
    if (box) box.disabled = isHidden;
  }

  tick() {
    const now = Date.now() / 1000;
    for (const time of this.querySelectorAll("time.stuck")) {
      time.textContent = `${Math.max(0, Math.floor((now - Number(time.dataset.since)) / 60))} min`;
    }
    if (this.body && this.querySelector('[data-filter="stuck"]').value !== "") this.filter();
  }

  onClick = (event) => {
    const header = event.target.closest("[data-sort]");
    if (header) {
      const key = header.dataset.sort;
      this.isUp = this.sortedBy === key ? !this.isUp : true;
      this.sortedBy = key;
      for (const each of this.querySelectorAll("th[aria-sort]")) each.removeAttribute("aria-sort");
      header.closest("th").setAttribute("aria-sort", this.isUp ? "ascending" : "descending");
      // Of 300 rows it takes the browser some frames; the arrow is there at once.
      afterPaint(() => this.sort());
    }
    if (event.target.closest("[data-choose]")) {
      const boxes = [...this.body.rows]
        .filter((row) => !row.hidden)
        .flatMap((row) => row.querySelector("[name=sessions]") ?? []);
      const isAll = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !isAll;
    }
  };

  // What has to be confirmed.

  onSubmit = (event) => {
    const says = event.submitter?.dataset.says;
    if (!says || this.isConfirmed) return;
    event.preventDefault();
    const chosen = new Set([...this.querySelectorAll("[name=sessions]:checked:enabled")].map((box) => box.value));
    if (event.target.id === "act" && !chosen.size) {
      this.querySelector("[data-shown]").textContent = "Choose somebody first: tick their box.";
      return;
    }
    const dialog = this.querySelector("[data-confirm]");
    dialog.querySelector("h2").textContent = says.replace(
      "%s",
      chosen.size === 1 ? "1 student" : `${chosen.size} students`,
    );
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue !== "yes") return;
        // Rows may have come and gone since the question was put: it was about these.
        for (const box of this.querySelectorAll("[name=sessions]")) box.disabled = !chosen.has(box.value);
        this.isConfirmed = true;
        event.target.requestSubmit(event.submitter);
        this.isConfirmed = false;
      },
      { once: true },
    );
    dialog.returnValue = "";
    dialog.showModal();
  };
}

customElements.define("class-overview", ClassOverview);
