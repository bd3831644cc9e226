import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { searchClasses } from "../../../js/painter/search_classes.js";

/** @param {...string} names each also its words, unless these follow a slash */
function tableOf(...names) {
  return names.map((text, id) => {
    const [name, words = name] = text.split("/");
    return { id, name, words, color: "#000000" };
  });
}

/** The names found. */
const find = (table, text, limit = 99) => searchClasses(table, text, limit).map(({ name }) => name);

test("names that begin with it come first, then words that do, then what has it anywhere", () => {
  const table = tableOf("street", "palm tree", "tree", "oak/a large tree", "treehouse");
  assert.deepEqual(find(table, "tree"), ["tree", "treehouse", "palm tree", "oak", "street"]);
});

test("the class of that very name comes before all", () => {
  const table = tableOf("sandwich", "sand", "wet sand");
  assert.deepEqual(find(table, "Sand "), ["sand", "sandwich", "wet sand"]);
});

test("a word begins after anything but letters and digits", () => {
  const table = tableOf("seawall", "wall-brick", "sea/brick wall", "x wall", "é wall", "éwall");
  const found = ["wall-brick", "sea", "x wall", "é wall", "seawall", "éwall"];
  assert.deepEqual(find(table, "wall"), found);
});

test("case and blanks do not matter", () => {
  const table = tableOf("Traffic Light", "light");
  assert.deepEqual(find(table, "  TRAFFIC \n light "), ["Traffic Light"]);
});

test("an empty search finds all, in the table's order", () => {
  const table = tableOf("c", "a", "b");
  assert.deepEqual(find(table, ""), ["c", "a", "b"]);
  assert.deepEqual(find(table, "  "), ["c", "a", "b"]);
});

test("at most the limit is found, the best of all", () => {
  const table = tableOf("a tree", "street", "tree");
  assert.deepEqual(find(table, "tree", 2), ["tree", "a tree"]);
  assert.deepEqual(find(table, "tree", 0), []);
});

test("what no class has is not found", () => {
  assert.deepEqual(find(tableOf("tree"), "zzz"), []);
  assert.deepEqual(find([], "tree"), []);
});

test("a search is no pattern", () => {
  const table = tableOf("a.*(b", "axxb", "[c]\\");
  assert.deepEqual(find(table, "a.*("), ["a.*(b"]);
  assert.deepEqual(find(table, "\\"), ["[c]\\"]);
  assert.deepEqual(find(table, "(?:"), []);
});

test("letters of any script are searched", () => {
  const table = tableOf("עץ ירוק", "ΌΡΟΣ", "дерево");
  assert.deepEqual(find(table, "ירוק"), ["עץ ירוק"]);
  assert.deepEqual(find(table, "ДЕР"), ["дерево"]);
});

for (const [file, count] of Object.entries({ ade20k: 150, coco_stuff: 182 })) {
  test(`each of the ${count} classes of ${file} is found by its name`, () => {
    const path = new URL(`../../../place_core/palettes/${file}.json`, import.meta.url);
    const { classes } = JSON.parse(readFileSync(path, "utf8"));
    const table = tableOf(...classes.map(({ prompt }) => prompt));
    assert.equal(find(table, "", 999).length, count);
    for (const { prompt } of classes) {
      assert.ok(find(table, prompt.toUpperCase(), 30).includes(prompt), prompt);
    }
  });
}
