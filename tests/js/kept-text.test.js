import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { KeptText } from "../../static/js/kept-text.js";

globalThis.document = { body: { getAttribute: () => '{"X-CSRFToken": "t"}' } };
let portal;
let said;
let overtaken;
let text;

/** A portal that keeps one text, as the view does; `lose` drops its answers on their way. */
class Portal {
  constructor() {
    this.files = { "lab.yaml": "a" };
    this.base = "0";
    this.busy = 0;
    this.most = 0;
  }

  answer = async (_url, { headers, body }) => {
    assert.equal(headers["X-CSRFToken"], "t");
    this.most = Math.max(this.most, ++this.busy);
    await Promise.resolve();
    this.busy -= 1;
    if (this.isAway) throw new TypeError("Failed to fetch");
    const { base, files } = JSON.parse(body);
    if (base !== this.base) return reply(409, { said: "Elsewhere.", newest: { base: this.base, files: this.files } });
    this.files = files;
    this.base = String(Number(this.base) + 1);
    if (this.loses) throw new TypeError("Failed to fetch");
    return reply(200, { base: this.base });
  };
}

const reply = (status, data) => ({ ok: status === 200, status, redirected: false, json: async () => data });
const kept = () =>
  new KeptText("/save/", portal.base, () => ({ "lab.yaml": text }), {
    told: (words) => said.push(words),
    overtaken: (newest) => {
      overtaken = newest;
    },
  });

beforeEach(() => {
  portal = new Portal();
  globalThis.fetch = portal.answer;
  said = [];
  overtaken = null;
  text = "a";
});

test("what is typed is kept, one save at a time", async () => {
  const page = kept();
  text = "ab";
  const first = page.save();
  text = "abc";
  assert.equal(await page.save(), true);
  await first;
  assert.equal(portal.files["lab.yaml"], "abc");
  assert.equal(portal.most, 1);
  assert.equal(page.isChanged, false);
  page.stop();
});

test("the later of two is told of the earlier, and neither is lost", async () => {
  const [one, two] = [kept(), kept()];
  text = "one";
  await one.save();
  text = "two";
  assert.equal(await two.save(), false);
  assert.equal(portal.files["lab.yaml"], "one");
  assert.equal(overtaken.files["lab.yaml"], "one");
  assert.equal(two.isChanged, true);
  assert.equal(await two.save(), false); // Not before somebody has chosen.
  two.go(overtaken.base);
  await two.saving;
  assert.equal(portal.files["lab.yaml"], "two");
});

test("an answer that is lost on its way makes no conflict", async () => {
  const page = kept();
  text = "ab";
  portal.loses = true;
  assert.equal(await page.save(), false);
  portal.loses = false;
  text = "abc"; // Somebody types on.
  await page.save();
  assert.equal(await page.save(), true);
  assert.equal(overtaken, null);
  assert.equal(portal.files["lab.yaml"], "abc");
  assert.equal(page.isChanged, false);
  page.stop();
});

test("while the portal is away it says so, and what is typed stays", async () => {
  const page = kept();
  portal.isAway = true;
  text = "ab";
  assert.equal(await page.save(), false);
  assert.match(said.at(-1), /Not saved/);
  assert.equal(page.isChanged, true);
  page.stop();
});
