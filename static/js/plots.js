// @ts-check
/** Plots that can be read by pointer and keys: what does that comes with the first of them.
 * @param {Element} place */
export async function readPlots(place) {
  if (place.querySelector("plot-reader")) await import("./plot-reader.js");
}
