// @ts-check
/** The places that a trace leads to: a record among the topic's, a row among a table's. */

const PATIENCE = 8000;

/** Wait until something is on the page.
    @param {string} what @returns {Promise<Element | null>} */
function appeared(what) {
  const found = document.querySelector(what);
  if (found) return Promise.resolve(found);
  return new Promise((resolve) => {
    const watcher = new MutationObserver(() => {
      const now = document.querySelector(what);
      if (now) end(now);
    });
    const timer = setTimeout(() => end(null), PATIENCE);
    const end = (/** @type {Element | null} */ now) => {
      clearTimeout(timer);
      watcher.disconnect();
      resolve(now);
    };
    watcher.observe(document.body, { childList: true, subtree: true });
  });
}

/** @param {string} name */
const openTab = (name) => /** @type {any} */ (document.querySelector("tab-set"))?.select(name, true);

/** Show a record among the topic's: `events 0 17`.
    @param {string} place */
export function goToRecord(place) {
  const [topic, partition, offset] = place.split(" ");
  openTab("events");
  const events = document.querySelector("live-topic");
  const form = /** @type {HTMLFormElement | null} */ (events?.querySelector("[data-goto]"));
  const select = /** @type {HTMLSelectElement | null} */ (events?.querySelector("[data-topic-select]"));
  if (!form || !select) return;
  if (select.value !== topic) {
    if (![...select.options].some((option) => option.value === topic)) select.add(new Option(topic, topic));
    select.value = topic;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const fields = /** @type {any} */ (form.elements);
  fields.to.value = "offset";
  fields.to.dispatchEvent(new Event("change", { bubbles: true }));
  fields.offset.value = offset;
  fields.partition.value = partition;
  form.requestSubmit();
}

/** Show a row where its table is, with where it came from.
    @param {HTMLAnchorElement} link */
export async function goToRow(link) {
  const origin = `#origin-${link.dataset.row}`;
  openTab("results");
  const place = await appeared(origin);
  if (!place) {
    location.assign(link.href);
    return;
  }
  await /** @type {any} */ (window).htmx.ajax("GET", link.getAttribute("href"), { target: origin, swap: "innerHTML" });
  place.scrollIntoView({ block: "center" });
  const own = document.querySelector(`tbody a[href="${link.getAttribute("href")}"]`);
  for (const each of document.querySelectorAll("tr.is-traced")) each.classList.remove("is-traced");
  own?.closest("tr")?.classList.add("is-traced");
}
