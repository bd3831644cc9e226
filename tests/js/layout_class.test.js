import assert from "node:assert/strict";
import { test } from "node:test";

import { readClasses, shownNumber } from "../../js/layout_class.js";

test("classes come in the order of their numbers", () => {
  const rows = [
    [3, "tree", "an oak", "#04C803", 0],
    [0, "sky", "", "#06e6e6", 0.5],
  ];
  assert.deepEqual(readClasses(rows), [
    { id: 0, name: "sky", words: "", color: "#06e6e6", coverage: 0.5 },
    { id: 3, name: "tree", words: "an oak", color: "#04C803", coverage: 0 },
  ]);
});

test("what is no class is left out", () => {
  const rows = [
    null,
    5,
    "sky",
    [],
    [1, 2, 3, 4, 5],
    [1.5, "a", "a", "#000000", 0],
    [1, "a", "a", "red", 0],
    [2, "a", "a", "#000000", 0],
  ];
  assert.deepEqual(readClasses(rows)?.map(({ id }) => id), [2]);
});

test("without a list nothing is known", () => {
  for (const nothing of [undefined, null, {}, "[]", 3]) assert.equal(readClasses(nothing), undefined);
});

test("a number is shown unless the name has another", () => {
  assert.equal(shownNumber({ id: 0, name: "sky" }), "0");
  assert.equal(shownNumber({ id: 0, name: "color 1" }), "");
  assert.equal(shownNumber({ id: 1, name: "color 1" }), "1");
  assert.equal(shownNumber({ id: 5, name: "tree 2" }), "5");
});
