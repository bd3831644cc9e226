import assert from "node:assert/strict";
import { test } from "node:test";

import { distinctColor } from "../../../js/painter/distinct_color.js";

/** The colors of the first classes, each added to those before. */
function firstColors(count) {
  const colors = [];
  while (colors.length < count) colors.push(distinctColor(colors));
  return colors;
}

const channels = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

test("255 classes get 255 colors", () => {
  const colors = firstColors(255);
  for (const color of colors) assert.match(color, /^#[0-9a-f]{6}$/);
  assert.equal(new Set(colors).size, 255);
});

test("no color could pass for void", () => {
  for (const color of firstColors(255)) {
    assert.ok(Math.max(...channels(color)) >= 128, color);
  }
});

test("the first ten colors are easy to tell apart", () => {
  const colors = firstColors(10);
  colors.forEach((color, i) => {
    for (const other of colors.slice(0, i)) {
      const [a, b] = [channels(color), channels(other)];
      const apart = Math.max(...a.map((value, channel) => Math.abs(value - b[channel])));
      assert.ok(apart > 60, `${color} and ${other}`);
    }
  });
});

test("colors are the same each time, and kept away from those in use", () => {
  const first = distinctColor([]);
  assert.equal(distinctColor([]), first);
  assert.notEqual(distinctColor([first]), first);
  assert.notEqual(distinctColor([first.toUpperCase()]), first);
});

test("there is a color even when all are in use", () => {
  assert.match(distinctColor(firstColors(288)), /^#[0-9a-f]{6}$/);
});
