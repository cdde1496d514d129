// @ts-check
// Tells the server which time zone the browser is in, for the times on its pages.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`sluice_zone=${zone}`)) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere
  document.cookie = `sluice_zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
}
