import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hex } from "../../static/js/terminal-theme.js";

const css = readFileSync(new URL("../../static/css/variables.css", import.meta.url), "utf8");

/** A colour of variables.css, on the light side or the dark. */
function colour(name, side) {
  const [, light, dark] = css.match(new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`));
  return side === "light" ? light : dark;
}

function luminance(hex) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

for (const side of ["light", "dark"]) {
  test(`what programs colour can be read on a ${side} page`, () => {
    const ground = colour("shell", side);
    for (const number of [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]) {
      const found = contrast(colour(`ansi-${number}`, side), ground);
      assert.ok(found >= 4.5, `colour ${number}: ${found.toFixed(2)}`);
    }
    for (const name of ["shell-faint", "shell-prompt", "shell-error", "shell-note"]) {
      const found = contrast(colour(name, side), ground);
      assert.ok(found >= 4.5, `${name}: ${found.toFixed(2)}`);
    }
    for (const under of ["shell", "shell-selection", "shell-found", "shell-found-here"]) {
      const found = contrast(colour("shell-text", side), colour(under, side));
      assert.ok(found >= 4.5, `text on ${under}: ${found.toFixed(2)}`);
    }
  });
}

test("a colour as a page computes it is told as six digits", () => {
  assert.equal(hex("rgb(18, 52, 86)"), "#123456");
});
