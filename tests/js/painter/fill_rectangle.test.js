import assert from "node:assert/strict";
import { test } from "node:test";

import { fillRectangle } from "../../../js/painter/fill_rectangle.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { Rect } from "../../../js/painter/rect.js";
import { Random, mapOf, rowsOf } from "../helpers.js";

test("the pixels under both corners belong to a rectangle, whichever comes first", () => {
  for (const [from, to] of [
    [
      { x: 6.9, y: 1.2 },
      { x: 2.1, y: 4 },
    ],
    [
      { x: 2.1, y: 1.2 },
      { x: 6.9, y: 4 },
    ],
  ]) {
    const map = new LabelMap(8, 6);
    assert.deepEqual(fillRectangle(map, from, to, 3), new Rect(2, 1, 7, 5));
    assert.deepEqual(rowsOf(map), [
      "00000000",
      "00333330",
      "00333330",
      "00333330",
      "00333330",
      "00000000",
    ]);
  }
});

test("a click fills one pixel", () => {
  const map = new LabelMap(4, 2);
  const point = { x: 3.5, y: 1.5 };
  assert.deepEqual(fillRectangle(map, point, point, 4), new Rect(3, 1, 4, 2));
  assert.deepEqual(rowsOf(map), ["0000", "0004"]);
});

test("the part outside of the map is left out", () => {
  const map = new LabelMap(3, 3);
  const rect = fillRectangle(map, { x: -1e9, y: 1.5 }, { x: 1.5, y: 1e9 }, 2);
  assert.deepEqual(rect, new Rect(0, 1, 2, 3));
  assert.deepEqual(rowsOf(map), ["000", "220", "220"]);
});

test("index 0 erases", () => {
  const map = mapOf("111", "111");
  fillRectangle(map, { x: 0, y: 0 }, { x: 1, y: 0 }, 0);
  assert.deepEqual(rowsOf(map), ["001", "111"]);
});

test("what is outside, or no place, fills nothing", () => {
  const map = new LabelMap(3, 3);
  for (const from of [
    { x: -5, y: 0 },
    { x: Infinity, y: 0 },
    { x: 0, y: NaN },
  ]) {
    assert.ok(fillRectangle(map, from, { x: -1, y: 2 }, 1).isEmpty());
  }
  assert.equal(map.counts()[0], 9);
});

test("an index that no byte holds is refused", () => {
  for (const index of [-1, 256, 0.5]) {
    const fill = () => fillRectangle(new LabelMap(3, 3), { x: 0, y: 0 }, { x: 1, y: 1 }, index);
    assert.throws(fill, new RegExp(`index: ${index}; `));
  }
});

test("a pixel is filled when it lies between those of the corners", () => {
  const random = new Random(6);
  for (let round = 0; round < 100; round++) {
    const map = new LabelMap(12, 9);
    const [from, to] = [random.point(-5, 15), random.point(-5, 15)];
    fillRectangle(map, from, to, 7);
    const between = (key, pixel) => {
      const ends = [Math.floor(from[key]), Math.floor(to[key])];
      return pixel >= Math.min(...ends) && pixel <= Math.max(...ends);
    };
    map.data.forEach((value, i) => {
      const [x, y] = [i % 12, Math.floor(i / 12)];
      assert.equal(value === 7, between("x", x) && between("y", y), `(${x}, ${y})`);
    });
  }
});
