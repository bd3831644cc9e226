import assert from "node:assert/strict";
import { test } from "node:test";

import { LabelMap } from "../../../js/painter/label_map.js";
import { Random, assertSameMap, mapOf, noise, rowsOf } from "../helpers.js";

test("a new map is void", () => {
  assert.deepEqual(rowsOf(new LabelMap(3, 2)), ["000", "000"]);
});

test("a pixel that was set is found again, and counted", () => {
  const map = new LabelMap(3, 2);
  map.set(2, 1, 7);
  assert.equal(map.get(2, 1), 7);
  assert.equal(map.data[5], 7);
  assert.equal(map.counts()[7], 1);
  assert.equal(map.counts()[0], 5);
});

test("data that is given is taken over, not copied", () => {
  const data = Uint8Array.of(1, 2);
  const map = new LabelMap(2, 1, data);
  data[0] = 9;
  assert.equal(map.get(0, 0), 9);
});

test("a clone is independent", () => {
  const map = mapOf("12", "34");
  const clone = map.clone();
  assertSameMap(clone, map);
  clone.set(0, 0, 9);
  assert.equal(map.get(0, 0), 1);
});

for (const side of [0, -1, 4097, 1.5, NaN, Infinity, "3", null, undefined]) {
  test(`a side of ${typeof side} ${side} is refused`, () => {
    assert.throws(() => new LabelMap(side, 1), /^RangeError: width: .*1 to 4096 whole pixels/);
    assert.throws(() => new LabelMap(1, side), /^RangeError: height: .*1 to 4096 whole pixels/);
  });
}

test("data of another length is refused", () => {
  assert.throws(() => new LabelMap(2, 2, new Uint8Array(3)), /3 bytes, but a map of 2×2 has 4/);
});

for (const [x, y] of [
  [-1, 0],
  [3, 0],
  [0, -1],
  [0, 2],
  [0.5, 0],
  [NaN, 0],
]) {
  test(`there is no pixel (${x}, ${y}) in a map of 3×2`, () => {
    const map = new LabelMap(3, 2);
    assert.throws(() => map.get(x, y), /outside of a map of 3×2/);
    assert.throws(() => map.set(x, y, 1), /outside of a map of 3×2/);
    assert.equal(map.counts()[0], 6);
  });
}

test("a larger map repeats pixels", () => {
  const larger = mapOf("12", "34").resized(4, 4);
  assert.deepEqual(rowsOf(larger), ["1122", "1122", "3344", "3344"]);
});

test("a smaller map takes the pixels its centers fall on", () => {
  assert.deepEqual(rowsOf(mapOf("1122", "1122", "3344", "3344").resized(2, 2)), ["12", "34"]);
  assert.deepEqual(rowsOf(mapOf("123", "456", "789").resized(1, 1)), ["5"]);
  assert.deepEqual(rowsOf(mapOf("12345").resized(3, 1)), ["135"]);
});

test("any size takes the pixels its centers fall on", () => {
  const random = new Random(1);
  for (let round = 0; round < 40; round++) {
    const map = noise(random, 1 + random.below(40), 1 + random.below(40));
    const resized = map.resized(1 + random.below(60), 1 + random.below(60));
    const expected = new LabelMap(resized.width, resized.height);
    for (let y = 0; y < resized.height; y++) {
      for (let x = 0; x < resized.width; x++) {
        // The tiny part keeps a center on an edge from falling before it.
        const fromX = Math.floor(((x + 0.5) * map.width) / resized.width + 1e-9);
        const fromY = Math.floor(((y + 0.5) * map.height) / resized.height + 1e-9);
        expected.set(x, y, map.get(fromX, fromY));
      }
    }
    assertSameMap(resized, expected, `round ${round}`);
  }
});

test("resizing leaves the map alone", () => {
  const map = mapOf("12", "34");
  map.resized(1, 1);
  map.resized(2, 2).set(0, 0, 9);
  assert.deepEqual(rowsOf(map), ["12", "34"]);
});

test("the largest map is counted and resized", () => {
  const map = new LabelMap(4096, 4096);
  map.data.fill(3, 0, 2048 * 4096);
  map.set(4095, 4095, 255);
  const counts = map.counts();
  assert.deepEqual([counts[0], counts[3], counts[255]], [2048 * 4096 - 1, 2048 * 4096, 1]);
  const smaller = map.resized(4095, 4095);
  assert.equal(smaller.get(0, 0), 3);
  assert.equal(smaller.get(4094, 4094), 255);
  assert.equal(map.resized(1, 4096).counts()[3], 2048);
});

// --- Another shape -------------------------------------------------------------------------------

test("a map of another shape is cut, extended or stretched around its middle", () => {
  const map = mapOf("112233", "112233");
  assert.deepEqual(rowsOf(map.resized(2, 2, "crop")), ["22", "22"]);
  assert.deepEqual(rowsOf(map.resized(2, 2, "canvas")), ["22", "22"]);
  assert.deepEqual(rowsOf(map.resized(3, 3, "extend")), ["000", "123", "000"]);
  assert.deepEqual(rowsOf(map.resized(3, 1, "stretch")), ["123"]);
  assert.deepEqual(rowsOf(map.resized(8, 4, "canvas")), [
    "00000000",
    "01122330",
    "01122330",
    "00000000",
  ]);
  assert.deepEqual(rowsOf(map.resized(12, 6, "extend")), [
    "000000000000",
    "111122223333",
    "111122223333",
    "111122223333",
    "111122223333",
    "000000000000",
  ]);
});

test("of the same shape, all ways of scaling are one", () => {
  const map = noise(new Random(5), 30, 20);
  for (const [width, height] of [[60, 40], [15, 10], [30, 20]]) {
    for (const fit of ["crop", "extend"]) {
      assertSameMap(map.resized(width, height, fit), map.resized(width, height), fit);
    }
  }
});

test("the largest and the flattest shapes are made of each other", () => {
  const map = new LabelMap(4096, 1, new Uint8Array(4096).fill(1));
  for (const fit of ["crop", "extend", "canvas", "stretch"]) {
    const found = map.resized(1, 4096, fit);
    assert.equal(found.counts()[1], { crop: 4096, extend: 1, canvas: 1, stretch: 4096 }[fit]);
  }
});
