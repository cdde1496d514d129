// @ts-check
// Tells the server which time zone the browser is in, for the times on its pages.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isSecure = location.protocol === "https:";
const cookie = isSecure ? "__Host-sluice_zone" : "sluice_zone";
if (zone && !document.cookie.includes(`${cookie}=${zone}`)) {
  const secure = isSecure ? "; secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere
  document.cookie = `${cookie}=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
}
