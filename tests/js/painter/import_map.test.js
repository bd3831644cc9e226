import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { importMap } from "../../../js/painter/import_map.js";
import { readTables } from "../../../js/painter/tables.js";
import { Random, mapOf, noise, rowsOf } from "../helpers.js";
import { INDEXED, filteredRows, png } from "../png_file.js";

const TABLES = readTables({
  ADE20K: [
    ["wall", "a wall", "#787878"],
    ["sky", "the sky", "#06e6e6"],
    ["light", "a light", "#ffad00"],
  ],
  "COCO-Stuff": [
    ["person", "a person", "#800000"],
    ["light", "a lamp", "#008000"],
    ["light", "a torch", "#808000"],
  ],
});

/** A file of gray, or of colors where they are given. */
function fileOf(map, ...colors) {
  const palette = Buffer.from(colors.join("").replaceAll("#", ""), "hex");
  const options = colors.length ? { color: INDEXED, palette } : {};
  return new File([png(map.width, map.height, filteredRows(map, [0]), options)], "map.png");
}

const named = ({ classes }) =>
  classes.entries.map(({ index, name, words }) => [index, name, words]);

// --- Numbers -------------------------------------------------------------------------------------

test("numbers of a gray picture are classes that are named after them", async () => {
  const drawing = await importMap(fileOf(mapOf("003", "773")), "numbers", TABLES);
  assert.deepEqual(rowsOf(drawing.map), ["003", "773"]);
  assert.deepEqual(named(drawing), [
    [3, "class 3", ""],
    [7, "class 7", ""],
  ]);
});

test("numbers of a color table have its colors, and the names that tables give these", async () => {
  const file = fileOf(mapOf("012", "220"), "#ffffff", "#06e6e6", "#123456");
  const drawing = await importMap(file, "numbers", TABLES);
  assert.deepEqual(named(drawing), [
    [1, "sky", "the sky"],
    [2, "class 2", ""],
  ]);
  assert.deepEqual(drawing.classes.palette(), ["#000000", "#06e6e6", "#123456"]);
});

test("classes of one color get names and colors of their own", async () => {
  const file = fileOf(mapOf("123"), "#000000", "#06e6e6", "#06e6e6", "#06e6e6");
  const { classes } = await importMap(file, "numbers", TABLES);
  assert.deepEqual(
    classes.entries.map(({ name }) => name),
    ["sky", "sky 2", "sky 3"],
  );
  assert.equal(new Set(classes.palette()).size, 4);
});

test("all 255 numbers can be classes", async () => {
  const { classes } = await importMap(fileOf(noise(new Random(30), 90, 90)), "numbers", TABLES);
  assert.equal(classes.size, 255);
  assert.equal(classes.get(255).name, "class 255");
});

test("a picture of zeros is void", async () => {
  const { map, classes } = await importMap(fileOf(mapOf("00")), "numbers", TABLES);
  assert.deepEqual([rowsOf(map), classes.size], [["00"], 0]);
});

// --- Numbers of tables ---------------------------------------------------------------------------

test("ADE20K numbers begin with 1, and 0 is void", async () => {
  const drawing = await importMap(fileOf(mapOf("0123")), "ade20k", TABLES);
  assert.deepEqual(rowsOf(drawing.map), ["0123"]);
  assert.deepEqual(named(drawing), [
    [1, "wall", "a wall"],
    [2, "sky", "the sky"],
    [3, "light", "a light"],
  ]);
  assert.equal(drawing.classes.get(2).color, "#06e6e6");
});

test("COCO-Stuff numbers begin with 0, and 255 is void", async () => {
  const map = mapOf("0120");
  map.set(3, 0, 255);
  const drawing = await importMap(fileOf(map), "coco", TABLES);
  assert.deepEqual(rowsOf(drawing.map), ["1230"]);
  // Two classes of a table may have one name.
  assert.deepEqual(named(drawing), [
    [1, "person", "a person"],
    [2, "light", "a lamp"],
    [3, "light 2", "a torch"],
  ]);
});

for (const [kind, table] of [
  ["ade20k", "ADE20K"],
  ["coco", "COCO-Stuff"],
]) {
  test(`a number that is no class of ${table} is refused`, async () => {
    const message = new RegExp(`the value 4, which is no class of ${table}\\. Choose another`);
    await assert.rejects(importMap(fileOf(mapOf("14")), kind, TABLES), message);
    await assert.rejects(importMap(fileOf(mapOf("14")), kind, readTables({})), /is no class of/);
  });
}

test("a file that is no index map is refused", async () => {
  const file = new File(["<svg/>"], "map.svg");
  for (const kind of ["numbers", "ade20k", "coco"]) {
    await assert.rejects(importMap(file, kind, TABLES), /not a PNG file/);
  }
});

// --- Colors: the browser reads the picture -------------------------------------------------------

/** @type {{width: number, height: number, data: Uint8ClampedArray} | null} null is no picture */
let picture = null;
let closed = 0;
const context = { drawImage() {}, getImageData: () => picture };
const canvas = { setAttribute() {}, append() {}, getContext: () => context };

before(() => {
  globalThis.document = { createElement: () => canvas };
  globalThis.createImageBitmap = async () => {
    if (!picture) throw new DOMException("no picture");
    return { ...picture, close: () => closed++ };
  };
});

after(() => {
  delete globalThis.document;
  delete globalThis.createImageBitmap;
});

/** @param {...string} colors of the pixels, one row */
function rowOfColors(...colors) {
  const bytes = Buffer.from(colors.map((color) => `${color.slice(1)}ff`).join(""), "hex");
  return { width: colors.length, height: 1, data: Uint8ClampedArray.from(bytes) };
}

const FILE = new File([], "<b>map</b>.png");

test("colors are classes, with the names that tables give them", async () => {
  picture = rowOfColors("#06e6e6", "#123456", "#06e6e6", "#06e6e6", "#ffad00", "#123456");
  const drawing = await importMap(FILE, "colors", TABLES);
  assert.deepEqual(rowsOf(drawing.map), ["121132"]);
  assert.deepEqual(named(drawing), [
    [1, "sky", "the sky"],
    [2, "class 2", ""],
    [3, "light", "a light"],
  ]);
  assert.deepEqual(drawing.classes.palette(), ["#000000", "#06e6e6", "#123456", "#ffad00"]);
});

test("colors whose classes have one name get names of their own", async () => {
  picture = rowOfColors("#ffad00", "#008000", "#808000");
  const { classes } = await importMap(FILE, "colors", TABLES);
  assert.deepEqual(classes.entries.map(({ name }) => name).sort(), ["light", "light 2", "light 3"]);
});

test("a photograph is refused with what to do", async () => {
  const colors = Array.from({ length: 300 }, (_, i) => `#${i.toString(16).padStart(6, "0")}`);
  picture = rowOfColors(...colors);
  await assert.rejects(importMap(FILE, "colors", TABLES), /300 colors.*load it as reference\.$/);
});

test("what the browser cannot read is refused by its name", async () => {
  picture = null;
  const message = /^Error: <b>map<\/b>\.png cannot be read as a picture\. Use a PNG/;
  await assert.rejects(importMap(FILE, "colors", TABLES), message);
});

test("a picture that is too large is refused, and given back", async () => {
  picture = { width: 5000, height: 10, data: new Uint8ClampedArray(0) };
  closed = 0;
  await assert.rejects(importMap(FILE, "colors", TABLES), /5000×10; .*at most 4096×4096/);
  assert.equal(closed, 1);
});
