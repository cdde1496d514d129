import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { bringInto } from "../../static/js/row-order.js";

let moves;
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

function table(count) {
  body = new Body();
  body.rows = Array.from({ length: count }, (_, at) => new Row(at, body));
  return [...body.rows];
}

const names = () => body.rows.map(({ name }) => name);

beforeEach(() => {
  moves = 0;
});

test("any order is reached", () => {
  const rows = table(300);
  const wanted = rows.map((row) => [(row.name * 7919) % 300, row]).sort(([a], [b]) => a - b);
  bringInto(
    body,
    wanted.map(([, row]) => row),
  );
  assert.deepEqual(
    body.rows,
    wanted.map(([, row]) => row),
  );
});

test("one row that goes down, or up, costs a few moves", () => {
  let rows = table(300);
  bringInto(body, [...rows.slice(1), rows[0]]);
  assert.equal(names().at(-1), 0);
  assert.ok(moves <= 2, `${moves}`);
  moves = 0;
  rows = [...body.rows];
  bringInto(body, [rows.at(-1), ...rows.slice(0, -1)]);
  assert.equal(names()[0], 0);
  assert.ok(moves <= 2, `${moves}`);
});
