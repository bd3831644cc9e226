import assert from "node:assert/strict";
import { test } from "node:test";

import { readClasses } from "../../../js/layout_class.js";
import { findClass } from "../../../js/rows/find_class.js";

const CLASSES = readClasses([
  [0, "sky", "sky", "#06e6e6", 0.5],
  [3, "tree", "tree", "#04c803", 0],
  [4, "palm tree palm", "palm tree palm", "#0052ff", 0.25],
  [7, "building edifice", "building edifice", "#b47878", 0.25],
]);
const [, TREE, PALM, BUILDING] = CLASSES;

test("a class is found by name, part of its name, number and color", () => {
  for (const key of ["building edifice", " Building ", "edifice", "7", "#B47878", "７", "＃Ｂ47878"]) {
    assert.equal(findClass(CLASSES, key), BUILDING, key);
  }
  assert.equal(findClass(CLASSES, "8"), undefined);
  assert.equal(findClass(CLASSES, "#123456"), undefined);
});

test("a whole name comes before a part of another, even of one that the map shows", () => {
  assert.equal(findClass(CLASSES, "tree"), TREE);
  assert.equal(findClass(CLASSES, "palm tree"), PALM);
});

test("of several that fit, the one that the map shows is meant", () => {
  const doors = readClasses([
    [1, "screen door", "", "#000001", 0.1],
    [2, "barn door", "", "#000002", 0],
    [3, "car door", "", "#000003", 0],
  ]);
  assert.equal(findClass(doors, "door").id, 1);
  assert.equal(findClass(doors.slice(1), "door"), undefined);
});
