import assert from "node:assert/strict";
import { test } from "node:test";

import {
  HANDLES,
  handleAt,
  handlePoint,
  movedBox,
  scaledBox,
} from "../../../js/painter/handles.js";
import { Rect } from "../../../js/painter/rect.js";

const BOX = new Rect(10, 20, 50, 40);
const MAP = { width: 100, height: 80 };
const [CORNER, SIDE, OPPOSITE] = [
  { x: 1, y: 1 },
  { x: -1, y: 0 },
  { x: -1, y: -1 },
];

test("there are eight handles, and each is found where it is", () => {
  assert.equal(HANDLES.length, 8);
  for (const handle of HANDLES) {
    assert.deepEqual(handleAt(BOX, handlePoint(handle, BOX), 4), handle);
  }
});

test("a handle is grasped as far as one can reach, and no farther", () => {
  assert.deepEqual(handleAt(BOX, { x: 53, y: 43 }, 4), CORNER);
  assert.equal(handleAt(BOX, { x: 56, y: 30 }, 4), null);
  assert.equal(handleAt(BOX, { x: 30, y: 30 }, 4), null);
});

test("the middle of the smallest box has no handle, so that it can be moved", () => {
  const small = new Rect(10, 10, 11, 11);
  assert.equal(handleAt(small, { x: 10.5, y: 10.5 }, 8), null);
  assert.deepEqual(handleAt(small, { x: 14, y: 14 }, 8), CORNER);
});

test("a box is moved by whole pixels, and stays in touch with the picture", () => {
  assert.deepEqual(movedBox(BOX, 5, -7, MAP), new Rect(15, 13, 55, 33));
  assert.deepEqual(movedBox(BOX, -1000, 1000, MAP), new Rect(-39, 79, 1, 99));
  assert.deepEqual(movedBox(BOX, 1000, -1000, MAP), new Rect(99, -19, 139, 1));
});

test("what is opposite of a handle stays where it is", () => {
  assert.deepEqual(scaledBox(BOX, CORNER, 10, -5, false), new Rect(10, 20, 60, 35));
  assert.deepEqual(scaledBox(BOX, SIDE, 10, 99, false), new Rect(20, 20, 50, 40));
  assert.deepEqual(scaledBox(BOX, OPPOSITE, -10, -20, false), new Rect(0, 0, 50, 40));
});

test("no box is smaller than a pixel", () => {
  assert.deepEqual(scaledBox(BOX, CORNER, -500, -500, false), new Rect(10, 20, 11, 21));
  assert.deepEqual(scaledBox(BOX, OPPOSITE, 500, 500, true), new Rect(49, 39, 50, 40));
});

test("a corner can keep the ratio, by the side that grows more", () => {
  assert.deepEqual(scaledBox(BOX, CORNER, 40, 0, true), new Rect(10, 20, 90, 60));
  assert.deepEqual(scaledBox(BOX, OPPOSITE, 20, 10, true), new Rect(30, 30, 50, 40));
  assert.deepEqual(scaledBox(BOX, SIDE, -40, 0, true), new Rect(-30, 20, 50, 40));
});
