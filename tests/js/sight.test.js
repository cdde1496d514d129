import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Sight } from "../../static/js/sight.js";

let now, scroller, sight;

/** A scroller as a browser keeps it: never beyond its end, nor above its beginning. */
class Scroller {
  clientHeight = 100;
  #height = 1000;
  #top = 0;

  get scrollHeight() {
    return this.#height;
  }
  set scrollHeight(height) {
    this.#height = height;
    this.scrollTop = this.#top;
  }
  get scrollTop() {
    return this.#top;
  }
  set scrollTop(top) {
    this.#top = Math.max(0, Math.min(top, this.#height - this.clientHeight));
  }
}

beforeEach(() => {
  now = 10_000;
  scroller = new Scroller();
  sight = new Sight(scroller, () => now);
  sight.moveTo(scroller.scrollHeight);
});

test("its own move is nobody's", () => {
  assert.equal(sight.judge(), "");
});

test("what grows below its own move is nobody's", () => {
  scroller.scrollHeight += 40;
  assert.equal(sight.judge(), "");
});

test("what gets shorter moves up by itself", () => {
  scroller.scrollHeight -= 300;
  assert.equal(sight.judge(), "");
});

test("so it does when it is long again by the time one is told", () => {
  scroller.scrollHeight -= 150;
  sight.note();
  scroller.scrollHeight += 150;
  sight.moveTo(scroller.scrollHeight);
  now += 100;
  scroller.scrollTop -= 150;
  assert.equal(sight.judge(), "");
});

test("but a hand on it is a person, however little has moved", () => {
  scroller.scrollHeight -= 150;
  sight.moveTo(scroller.scrollHeight);
  sight.use();
  scroller.scrollTop -= 20;
  assert.equal(sight.judge(), "left");
});

test("a move without a hand is somebody's too: a script, a screen reader, find in page", () => {
  scroller.scrollTop = 400;
  assert.equal(sight.judge(), "left");
});

test("whoever comes near the end has come", () => {
  scroller.scrollTop = 400;
  sight.judge();
  scroller.scrollTop = 880;
  assert.equal(sight.judge(), "came");
});

test("whoever comes to where the end was has come, though more stands below since", () => {
  scroller.scrollTop = 400;
  sight.judge();
  scroller.scrollHeight += 500;
  sight.grow();
  scroller.scrollTop = 900;
  assert.equal(sight.judge(), "came");
});

test("layout that brings the end nearer is nobody who came", () => {
  scroller.scrollTop = 400;
  sight.judge();
  scroller.scrollHeight = 450;
  assert.equal(sight.judge(), "");
});

test("out of sight nothing is told, and coming back is nobody's", () => {
  scroller.clientHeight = 0;
  assert.equal(sight.judge(), "");
  sight.forget();
  scroller.clientHeight = 100;
  scroller.scrollTop = 0;
  assert.equal(sight.judge(), "");
});

test("sent to the end, what it was doing before counts for nothing; a hand does", () => {
  sight.send();
  scroller.scrollTop -= 50;
  assert.equal(sight.judge(), "");
  sight.use();
  scroller.scrollTop -= 50;
  assert.equal(sight.judge(), "left");
});
