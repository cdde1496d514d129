import assert from "node:assert/strict";
import { test } from "node:test";
import { address, warning } from "../../static/js/terminal-links.js";

test("pages of the web are opened", () => {
  assert.equal(
    address("https://kafka.apache.org/28/documentation.html#x"),
    "https://kafka.apache.org/28/documentation.html#x",
  );
  assert.equal(address("http://example.org"), "http://example.org/");
});

test("nothing else is", () => {
  for (const text of [
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ssh://host",
    "//example.org/",
    "https://paypal.com@evil.example/",
    "https://example.org/\u202egnp.exe",
    `https://example.org/${"x".repeat(3000)}`,
    "",
  ]) {
    assert.equal(address(text), undefined, text);
  }
});

test("a link into the cluster says that a browser can't follow it", () => {
  assert.match(warning("http://localhost:5000/", []), /can’t reach it/);
  assert.match(warning("http://mids:5000/", ["mids"]), /mids is inside/);
  assert.equal(warning("https://example.org/", ["mids"]), "");
});
