import assert from "node:assert/strict";
import { test } from "node:test";

import { Rect } from "../../../js/painter/rect.js";
import { connectedRegion, wholeClass } from "../../../js/painter/region.js";
import { Random, mapOf, scene } from "../helpers.js";

/** The same in the plainest way: the positions in the map, in order. */
function flood(map, x, y, reach) {
  const index = map.get(x, y);
  const own = [...map.data.keys()].filter((i) => map.data[i] === index);
  const far = (i, j) =>
    Math.max(
      Math.abs((i % map.width) - (j % map.width)),
      Math.abs(Math.floor(i / map.width) - Math.floor(j / map.width)),
    );
  const found = new Set([y * map.width + x]);
  for (const i of found) for (const j of own) if (far(i, j) <= 2 * reach + 1) found.add(j);
  return [...found].sort((a, b) => a - b);
}

/** The positions of a region in its map, in order. */
function positions({ width }, { rect, mask }) {
  return [...mask.keys()]
    .filter((i) => mask[i])
    .map((i) => (rect.top + Math.floor(i / rect.width)) * width + rect.left + (i % rect.width));
}

test("a region hangs together at sides and corners", () => {
  const map = mapOf("000002", "020002", "002000", "000000");
  assert.deepEqual(connectedRegion(map, { x: 1.9, y: 1.1 }), {
    index: 2,
    rect: new Rect(1, 1, 3, 3),
    mask: Uint8Array.from([1, 0, 0, 1]),
  });
});

test("a region goes over gaps of up to twice the reach, and no farther", () => {
  const map = mapOf("2002000200000", "0000000000000", "0000000000000", "0000000000002");
  assert.deepEqual(connectedRegion(map, { x: 0, y: 0 }, 0).rect, new Rect(0, 0, 1, 1));
  assert.deepEqual(connectedRegion(map, { x: 0, y: 0 }, 1).rect, new Rect(0, 0, 4, 1));
  assert.deepEqual(connectedRegion(map, { x: 0, y: 0 }, 2).rect, new Rect(0, 0, 13, 4));
});

test("there is no region of void, and none outside", () => {
  const map = mapOf("01", "11");
  assert.equal(connectedRegion(map, { x: 0, y: 0 }), null);
  for (const at of [-0.1, 2, NaN, Infinity]) {
    assert.equal(connectedRegion(map, { x: at, y: 1 }), null);
    assert.equal(connectedRegion(map, { x: 1, y: at }), null);
  }
});

test("a whole class has all its pixels, wherever they are", () => {
  const map = mapOf("2010", "0002");
  assert.deepEqual(wholeClass(map, 2), {
    index: 2,
    rect: new Rect(0, 0, 4, 2),
    mask: Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 1]),
  });
  assert.equal(wholeClass(map, 7), null);
});

test("any region is found as by visiting its pixels one by one", () => {
  const random = new Random(31);
  for (let round = 0; round < 60; round++) {
    const map = scene(random, 1 + random.below(30), 1 + random.below(30), 4);
    const [x, y] = [random.below(map.width), random.below(map.height)];
    const reach = random.below(3);
    const region = connectedRegion(map, { x, y }, reach);
    if (map.get(x, y) === 0) assert.equal(region, null);
    else assert.deepEqual(positions(map, region), flood(map, x, y, reach));
  }
});

test("rows without the class take no longer than they are wide", () => {
  const [width, height] = [16, 1 << 17];
  const map = { width, height, data: new Uint8Array(width * height) };
  map.data[0] = 2;
  const start = performance.now();
  assert.deepEqual(connectedRegion(map, { x: 0, y: 0 }, 1).rect, new Rect(0, 0, 1, 1));
  // Milliseconds; where each row is looked for in all below, a quarter of a minute.
  assert.ok(performance.now() - start < 5000);
});
