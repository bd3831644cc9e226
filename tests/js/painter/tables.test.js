import assert from "node:assert/strict";
import { test } from "node:test";

import { findName, readTables } from "../../../js/painter/tables.js";

const JSON_TABLES = {
  ADE20K: [
    ["wall", "a wall", "#787878"],
    ["sky", "the sky", "#06E6E6"],
  ],
  "COCO-Stuff": [
    ["sky-other", "sky", "#787878"],
    ["sky", "sky", "#0000ff"],
  ],
};

test("a class has the number of its row, and its color in lower case", () => {
  const tables = readTables(JSON_TABLES);
  assert.deepEqual([...tables.keys()], ["ADE20K", "COCO-Stuff"]);
  const sky = { id: 1, name: "sky", words: "the sky", color: "#06e6e6" };
  assert.deepEqual(tables.get("ADE20K")[1], sky);
});

test("the first class of a name is found, of all tables", () => {
  const tables = readTables(JSON_TABLES);
  assert.equal(findName(tables, "sky").color, "#06e6e6");
  assert.equal(findName(tables, "sky-other").color, "#787878");
  assert.equal(findName(tables, "sea"), undefined);
});

test("without tables there is nothing to find", () => {
  for (const json of [undefined, null, "tables", 5, {}, { ADE20K: "none" }]) {
    assert.equal(readTables(json).size, 0);
  }
});
