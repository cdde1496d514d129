// @ts-check
/** Links that a terminal shows: only to pages of the web, and shown whole before they are opened. */

const LONGEST = 2048;

/** The address that is opened for a link; undefined for one that isn't opened at all.
    @param {string} text */
export function address(text) {
  if (text.length > LONGEST || /[\p{Cc}\p{Cf}\s]/u.test(text)) return undefined;
  let url;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  return isWeb && !url.username && !url.password ? url.href : undefined;
}

/** What is said of a link to the lab's own services, which a browser can't reach.
    @param {string} href
    @param {string[]} services */
export function warning(href, services) {
  const { hostname } = new URL(href);
  if (!["localhost", "0.0.0.0", "127.0.0.1", ...services].includes(hostname)) return "";
  return `${hostname} is inside your cluster: your browser can’t reach it. Use curl or telnet here.`;
}
