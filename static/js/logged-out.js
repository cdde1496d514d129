// @ts-check
/** Who logs out has logged out in every tab: what the others show goes. */

const KEY = "logging-out";

/**
 * @param {HTMLFormElement | null} form the one that logs out; null where nobody is in
 * @param {Storage} tab what this tab remembers
 * @param {Pick<BroadcastChannel, "postMessage">} others
 */
export function watch(form, tab, others) {
  if (form) form.addEventListener("submit", () => tab.setItem(KEY, "1"));
  else if (tab.getItem(KEY)) {
    tab.removeItem(KEY);
    others.postMessage("");
  }
}

if (typeof document !== "undefined") {
  const others = new BroadcastChannel("logged-out");
  others.onmessage = () => location.reload();
  watch(document.querySelector("form[data-logs-out]"), sessionStorage, others);
}
