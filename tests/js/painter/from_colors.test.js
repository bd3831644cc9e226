import assert from "node:assert/strict";
import { test } from "node:test";

import { fromColors } from "../../../js/painter/from_colors.js";
import { rowsOf } from "../helpers.js";

/** @param {...number[]} pixels red, green, blue and alpha */
const rgba = (...pixels) => Uint8ClampedArray.from(pixels.flat());

/** That many different colors, a pixel each. */
function differentColors(count) {
  const colors = Array.from({ length: count }, (_, i) => [i & 255, i >> 8, 0, 255]);
  return rgba(...colors);
}

const RED = [255, 0, 0, 255];
const GREEN = [0, 255, 0, 255];
const BLACK = [0, 0, 0, 255];

test("every color is a class, from the one that covers most", () => {
  const { map, colors } = fromColors(rgba(RED, GREEN, GREEN, GREEN, RED, BLACK), 3, 2);
  assert.deepEqual(colors, ["#00ff00", "#ff0000", "#000000"]);
  assert.deepEqual(rowsOf(map), ["211", "123"]);
});

test("colors that cover as much as each other are ordered by value", () => {
  const { colors } = fromColors(rgba(RED, GREEN, BLACK), 3, 1);
  assert.deepEqual(colors, ["#000000", "#00ff00", "#ff0000"]);
});

test("pixels more transparent than not are void, whatever their color", () => {
  const half = (alpha) => [255, 0, 0, alpha];
  const { map, colors } = fromColors(rgba(half(0), half(127), half(128), half(255)), 4, 1);
  assert.deepEqual(colors, ["#ff0000"]);
  assert.deepEqual(rowsOf(map), ["0011"]);
});

test("a picture that is transparent everywhere has no classes", () => {
  const { map, colors } = fromColors(new Uint8ClampedArray(4 * 6), 3, 2);
  assert.deepEqual(colors, []);
  assert.equal(map.counts()[0], 6);
});

test("255 colors are classes, 256 are too many", () => {
  const { map, colors } = fromColors(differentColors(255), 255, 1);
  assert.equal(new Set(colors).size, 255);
  assert.deepEqual(
    [...map.data].sort((a, b) => a - b),
    Array.from({ length: 255 }, (_, i) => i + 1),
  );
  assert.throws(
    () => fromColors(differentColors(256), 256, 1),
    /has 256 colors; .* at most 255, .*not JPEG; or .* Segmentation to LCM/,
  );
});

test("pixels of another number than the size says are refused", () => {
  assert.throws(() => fromColors(rgba(RED, RED, RED), 2, 2), /12 bytes, but .* 2×2 has 16/);
});

test("the colors of a photograph are counted", () => {
  const photo = new Uint8ClampedArray(4 * 1024 * 1024).fill(255);
  for (let i = 0; i < 1024 * 1024; i++) photo.set([i & 255, (i >> 8) & 255, i >> 16], 4 * i);
  assert.throws(() => fromColors(photo, 1024, 1024), /has 1048576 colors/);
});

test("the largest picture is read", () => {
  const side = 4096;
  const pixels = new Uint32Array(side * side);
  for (let i = 0; i < pixels.length; i++) pixels[i] = 0xff000000 + (Math.floor(i / side) % 50);
  const { map, colors } = fromColors(new Uint8ClampedArray(pixels.buffer), side, side);
  assert.equal(colors.length, 50);
  assert.equal(map.counts()[0], 0);
});
