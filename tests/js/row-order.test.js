import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { RowOrder } from "../../static/js/row-order.js";

let frames;
let moves;
globalThis.requestAnimationFrame = (call) => frames.push(call);
globalThis.cancelAnimationFrame = (number) => {
  frames[number - 1] = () => {};
};
globalThis.document = { activeElement: null };

class Row {
  constructor(name, body) {
    Object.assign(this, { name, parentElement: body });
  }

  get nextElementSibling() {
    const { rows } = this.parentElement;
    return rows[rows.indexOf(this) + 1] ?? null;
  }
}

class Body {
  rows = [];

  get firstElementChild() {
    return this.rows[0] ?? null;
  }

  append(row) {
    this.insertBefore(row, null);
  }

  insertBefore(row, place) {
    moves += 1;
    this.rows = this.rows.filter((each) => each !== row);
    const at = place ? this.rows.indexOf(place) : this.rows.length;
    this.rows.splice(at, 0, row);
  }

  contains() {
    return false;
  }
}

let body;
let order;

function table(count) {
  body = new Body();
  body.rows = Array.from({ length: count }, (_, at) => new Row(at, body));
  order = new RowOrder(body);
  return [...body.rows];
}

const names = () => body.rows.map(({ name }) => name);

function finish() {
  for (let at = 0; at < frames.length; at += 1) frames[at]();
}

beforeEach(() => {
  frames = [];
  moves = 0;
});

test("any order is reached, a few rows in each frame", () => {
  const rows = table(300);
  const wanted = rows.map((row) => [(row.name * 7919) % 300, row]).sort(([a], [b]) => a - b);
  order.bring(wanted.map(([, row]) => row));
  assert.ok(moves <= 25);
  finish();
  assert.deepEqual(
    body.rows,
    wanted.map(([, row]) => row),
  );
});

test("what is at the top comes first", () => {
  const rows = table(300).reverse();
  order.bring(rows);
  assert.deepEqual(
    names().slice(0, 20),
    rows.slice(0, 20).map(({ name }) => name),
  );
});

test("one row that goes down, or up, costs a few moves", () => {
  let rows = table(300);
  order.bring([...rows.slice(1), rows[0]]);
  finish();
  assert.equal(names().at(-1), 0);
  assert.ok(moves <= 2, `${moves}`);
  moves = 0;
  rows = [...body.rows];
  order.bring([rows.at(-1), ...rows.slice(0, -1)]);
  finish();
  assert.equal(names()[0], 0);
  assert.ok(moves <= 2, `${moves}`);
});

test("a newer order is what remains", () => {
  const rows = table(100);
  order.bring([...rows].reverse());
  order.bring(rows);
  finish();
  assert.deepEqual(body.rows, rows);
});

test("a row that has left is passed over", () => {
  const rows = table(60);
  order.bring([...rows].reverse());
  rows[10].parentElement = null;
  body.rows = body.rows.filter((row) => row !== rows[10]);
  finish();
  assert.equal(body.rows.length, 59);
  assert.equal(names().at(-1), 0);
});
