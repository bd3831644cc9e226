import assert from "node:assert/strict";
import { test } from "node:test";

import { LabelMap } from "../../../js/painter/label_map.js";
import { isOnRegion, placeRegion } from "../../../js/painter/place_region.js";
import { Rect } from "../../../js/painter/rect.js";
import { connectedRegion, wholeClass } from "../../../js/painter/region.js";
import { Random, assertChangedWithin, assertSameMap, mapOf, rowsOf, scene } from "../helpers.js";

const ELL = connectedRegion(mapOf("2000", "2200"), { x: 0, y: 0 });

/** The region on a void map of 6×4. */
function placed(region, box) {
  const map = new LabelMap(6, 4);
  placeRegion(map, region, box);
  return rowsOf(map);
}

test("a region is moved", () => {
  assert.deepEqual(placed(ELL, new Rect(3, 1, 5, 3)), ["000000", "000200", "000220", "000000"]);
});

test("a region is scaled by nearest neighbor", () => {
  assert.deepEqual(placed(ELL, new Rect(0, 0, 4, 4)), ["220000", "220000", "222200", "222200"]);
  assert.deepEqual(placed(ELL, new Rect(1, 0, 4, 1)), ["022200", "000000", "000000", "000000"]);
});

test("what lies outside of the picture is left out", () => {
  assert.deepEqual(placed(ELL, new Rect(-1, 3, 1, 5)), ["000000", "000000", "000000", "000000"]);
  assert.deepEqual(placed(ELL, new Rect(-1, 2, 1, 4)), ["000000", "000000", "000000", "200000"]);
  assert.ok(placeRegion(new LabelMap(6, 4), ELL, new Rect(6, 0, 8, 2)).isEmpty());
});

test("only pixels of the region change, and only to its class", () => {
  const random = new Random(33);
  for (let round = 0; round < 100; round++) {
    const map = scene(random, 30, 20, 4);
    const region = wholeClass(map, 1 + random.below(4));
    const [left, top] = [random.below(40) - 10, random.below(30) - 10];
    const box = new Rect(left, top, left + 1 + random.below(40), top + 1 + random.below(40));
    const before = map.clone();
    const rect = placeRegion(map, region, box);
    assertChangedWithin(before, map, rect);
    map.data.forEach((index, i) => {
      const point = { x: (i % 30) + 0.5, y: Math.floor(i / 30) + 0.5 };
      assert.equal(index, isOnRegion(region, box, point) ? region.index : before.data[i]);
    });
  }
});

test("a region in its own place changes nothing", () => {
  const map = scene(new Random(34), 50, 40, 5);
  const before = map.clone();
  const region = wholeClass(map, 3);
  placeRegion(map, region, region.rect);
  assertSameMap(map, before);
});

test("a region is scaled as a whole map is", () => {
  const random = new Random(35);
  for (let round = 0; round < 50; round++) {
    const map = scene(random, 1 + random.below(20), 1 + random.below(20), 1);
    const all = { index: 1, rect: new Rect(0, 0, map.width, map.height), mask: map.data };
    const [width, height] = [1 + random.below(60), 1 + random.below(60)];
    const result = new LabelMap(width, height);
    placeRegion(result, all, new Rect(0, 0, width, height));
    assertSameMap(result, map.resized(width, height));
  }
});
