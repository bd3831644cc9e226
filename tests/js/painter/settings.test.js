import assert from "node:assert/strict";
import { test } from "node:test";

import { Settings } from "../../../js/painter/settings.js";

test("setting something changes only that, and tells of it", () => {
  const settings = new Settings();
  let told = 0;
  settings.addEventListener("change", () => told++);
  const before = settings.values;
  settings.set({ tool: "fill", index: 3 });
  assert.deepEqual(settings.values, { ...before, tool: "fill", index: 3 });
  assert.equal(before.tool, "brush");
  assert.equal(told, 1);
});

test("values cannot be changed from outside", () => {
  assert.throws(() => (new Settings().values.size = 3), TypeError);
});

test("sizes are whole pixels within their limits", () => {
  const settings = new Settings();
  const sizes = [0, -5, NaN, 2.4, 2.5, 256, 1e9].map((size) => {
    settings.set({ size });
    return settings.values.size;
  });
  assert.deepEqual(sizes, [1, 1, 1, 2, 3, 256, 256]);
});

test("opacity is 0 to 1", () => {
  const settings = new Settings();
  for (const [opacity, expected] of [
    [-1, 0],
    [0.3, 0.3],
    [2, 1],
  ]) {
    settings.set({ opacity });
    assert.equal(settings.values.opacity, expected);
  }
});

test("steps of the size lead through all of the range, and back", () => {
  const settings = new Settings();
  for (let i = 0; i < 50; i++) settings.stepSize(1);
  assert.equal(settings.values.size, 256);
  for (let i = 0; i < 50; i++) settings.stepSize(-1);
  assert.equal(settings.values.size, 1);
  settings.stepSize(1);
  assert.equal(settings.values.size, 2);
});
