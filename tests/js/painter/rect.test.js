import assert from "node:assert/strict";
import { test } from "node:test";

import { Rect } from "../../../js/painter/rect.js";

const RECT = new Rect(1, 2, 3, 4);
const OTHER = new Rect(-5, 3, 2, 9);

test("width and height go up to the right and bottom, without these", () => {
  assert.deepEqual([OTHER.width, OTHER.height], [7, 6]);
});

test("a rectangle without columns or rows is empty", () => {
  assert.ok(Rect.EMPTY.isEmpty());
  assert.ok(new Rect(3, 0, 3, 5).isEmpty());
  assert.ok(new Rect(0, 5, 3, 4).isEmpty());
  assert.ok(!RECT.isEmpty());
});

test("a union holds both", () => {
  assert.deepEqual(RECT.union(OTHER), new Rect(-5, 2, 3, 9));
  assert.deepEqual(OTHER.union(RECT), new Rect(-5, 2, 3, 9));
});

test("what is empty adds nothing to a union, wherever it lies", () => {
  const empty = new Rect(100, 100, 100, 200);
  assert.equal(RECT.union(empty), RECT);
  assert.equal(empty.union(RECT), RECT);
  assert.ok(Rect.EMPTY.union(empty).isEmpty());
});

test("clipping keeps the part inside of a map", () => {
  assert.deepEqual(OTHER.clipped(10, 5), new Rect(0, 3, 2, 5));
  assert.deepEqual(RECT.clipped(10, 10), RECT);
});

test("clipping what lies outside gives the empty rectangle", () => {
  assert.equal(new Rect(20, 0, 30, 5).clipped(10, 10), Rect.EMPTY);
  assert.equal(new Rect(-5, -5, 0, 5).clipped(10, 10), Rect.EMPTY);
});

test("a rectangle cannot be changed", () => {
  assert.throws(() => (RECT.left = 9), TypeError);
});
