import assert from "node:assert/strict";
import { test } from "node:test";

import { fillArea } from "../../../js/painter/fill_area.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { Rect } from "../../../js/painter/rect.js";
import { Random, assertChangedWithin, assertSameMap, mapOf, rowsOf } from "../helpers.js";

/** The same in the plainest way. */
function flood(map, x, y, index) {
  const old = map.get(x, y);
  if (old === index) return;
  for (const todo = [[x, y]]; todo.length;) {
    const [atX, atY] = todo.pop();
    if (atX < 0 || atY < 0 || atX >= map.width || atY >= map.height) continue;
    if (map.get(atX, atY) !== old) continue;
    map.set(atX, atY, index);
    todo.push([atX + 1, atY], [atX - 1, atY], [atX, atY + 1], [atX, atY - 1]);
  }
}

test("an area goes as far as pixels touch at their sides", () => {
  const map = mapOf("00100", "01000", "10000");
  assert.deepEqual(fillArea(map, { x: 0.5, y: 0.5 }, 7), new Rect(0, 0, 2, 2));
  assert.deepEqual(rowsOf(map), ["77100", "71000", "10000"]);
});

test("an area goes around corners", () => {
  const map = mapOf("01000", "01010", "00010");
  assert.deepEqual(fillArea(map, { x: 0, y: 0 }, 7), new Rect(0, 0, 5, 3));
  assert.deepEqual(rowsOf(map), ["71777", "71717", "77717"]);
});

test("filling with 0 erases an area", () => {
  const map = mapOf("221", "212");
  fillArea(map, { x: 0.9, y: 0.9 }, 0);
  assert.deepEqual(rowsOf(map), ["001", "012"]);
});

test("filling an area with what it has changes nothing", () => {
  const map = mapOf("22", "12");
  assert.ok(fillArea(map, { x: 0, y: 0 }, 2).isEmpty());
  assert.deepEqual(rowsOf(map), ["22", "12"]);
});

test("a point outside, or no place, fills nothing", () => {
  const map = new LabelMap(3, 3);
  for (const x of [-0.1, 3, NaN, Infinity]) {
    assert.ok(fillArea(map, { x, y: 1 }, 1).isEmpty());
    assert.ok(fillArea(map, { x: 1, y: x }, 1).isEmpty());
  }
  assert.equal(map.counts()[0], 9);
});

test("an index that no byte holds is refused", () => {
  assert.throws(() => fillArea(new LabelMap(3, 3), { x: 0, y: 0 }, 256), /index: 256; /);
});

test("any area is filled as by visiting its pixels one by one", () => {
  const random = new Random(9);
  for (let round = 0; round < 300; round++) {
    const map = new LabelMap(1 + random.below(30), 1 + random.below(30));
    for (let i = 0; i < map.data.length; i++) map.data[i] = random.fraction() < 0.6 ? 0 : 1;
    const [before, expected] = [map.clone(), map.clone()];
    const [x, y] = [random.below(map.width), random.below(map.height)];
    const index = random.below(3);
    flood(expected, x, y, index);
    const rect = fillArea(map, { x: x + random.fraction(), y: y + random.fraction() }, index);
    assertSameMap(map, expected, `round ${round}`);
    assertChangedWithin(before, map, rect);
  }
});

test("all of the largest map is filled", () => {
  const map = new LabelMap(4096, 4096);
  assert.deepEqual(fillArea(map, { x: 2000, y: 2000 }, 1), new Rect(0, 0, 4096, 4096));
  assert.equal(map.counts()[1], 4096 ** 2);
});

test("a comb across the largest map is filled", () => {
  const map = new LabelMap(4096, 4096);
  for (let y = 0; y < 4095; y++) {
    for (let x = 1; x < 4096; x += 2) map.data[y * 4096 + x] = 9;
  }
  fillArea(map, { x: 0, y: 0 }, 1);
  assert.equal(map.counts()[0], 0);
});

test("a snake through the largest map is filled to its end", () => {
  const map = new LabelMap(4096, 4096);
  for (let y = 1; y < 4096; y += 2) {
    map.data.fill(9, y * 4096, (y + 1) * 4096);
    map.set(y % 4 === 1 ? 4095 : 0, y, 0);
  }
  fillArea(map, { x: 0, y: 0 }, 1);
  assert.equal(map.counts()[0], 0);
});
