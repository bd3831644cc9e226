import assert from "node:assert/strict";
import { test } from "node:test";

import { connectedRegion, wholeClass } from "../../../js/painter/region.js";
import { regionOutline } from "../../../js/painter/region_outline.js";
import { Random, mapOf, noise } from "../helpers.js";

test("the outline of a rectangle has four lines", () => {
  const region = connectedRegion(mapOf("0000", "0220", "0220"), { x: 1, y: 1 });
  assert.deepEqual(regionOutline(region), "M0 0h2M0 0v2M0 2h2M2 0v2");
});

test("an outline goes around what the region encloses", () => {
  const region = connectedRegion(mapOf("222", "202", "222"), { x: 0, y: 0 });
  assert.deepEqual(
    regionOutline(region),
    "M0 0h3M1 1h1M1 1v1M1 2h1M2 1v1M0 0v3M0 3h3M3 0v3",
  );
});

test("a border with too many parts has no outline", () => {
  const map = noise(new Random(36), 400, 400);
  map.data.forEach((index, i) => (map.data[i] = index % 2));
  assert.equal(regionOutline(wholeClass(map, 1)), "");
});
