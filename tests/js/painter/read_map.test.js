import assert from "node:assert/strict";
import { test } from "node:test";

import { MapProblem, describe, readMap } from "../../../js/painter/read_map.js";
import { mapOf, rowsOf } from "../helpers.js";
import { filteredRows, png } from "../png_file.js";

/** What the server answers for a map of places in the list of classes. */
function answer(rows, classes, more = {}) {
  const map = mapOf(...rows);
  const file = Buffer.from(png(map.width, map.height, filteredRows(map, [0]), {}));
  return { png: file.toString("base64"), classes, reading: "colors", blended: 0, unknown: 0, ...more };
}

const SKY = ["sky", 1, "the sky", "#06e6e6"];
const named = ({ drawing }) =>
  drawing.classes.entries.map(({ index, name, words, color }) => [index, name, words, color]);

test("classes without a name are called by their number", async () => {
  const found = await readMap(answer(["012", "220"], [SKY, ["", 2, "", "#123456"]]), "a.png");
  assert.deepEqual(rowsOf(found.drawing.map), ["012", "220"]);
  assert.deepEqual(named(found), [
    [1, "sky", "the sky", "#06e6e6"],
    [2, "class 2", "", "#123456"],
  ]);
});

test("the numbers of an index map stay those of its classes", async () => {
  const classes = [["", 7, "", "#ff0000"], ["", 134, "", "#00ff00"]];
  const found = await readMap(answer(["012"], classes, { reading: "numbers" }), "a.png");
  assert.deepEqual([...found.drawing.map.data], [0, 7, 134]);
  assert.deepEqual(named(found).map(([index, name]) => [index, name]), [
    [7, "class 7"],
    [134, "class 134"],
  ]);
});

test("classes of one name or color get their own", async () => {
  const found = await readMap(answer(["123"], [SKY, SKY, ["sky", 3, "", null]]), "a.png");
  const classes = named(found);
  assert.deepEqual(classes.map(([, name]) => name), ["sky", "sky 2", "sky 3"]);
  assert.equal(new Set(classes.map(([, , , color]) => color)).size, 3);
});

test("what is wrong is said in the artist's words", async () => {
  for (const [problem, message] of [
    [["photo"], /^a\.jpg looks like a photograph/],
    [["tooLarge", 5000, 10, 4096], /5000×10; .* at most 4096×4096/],
    [["tooMany", 300, 255], /300 colors; .* at most 255/],
    [["unknownNumber", 200], /the value 200/],
    [["constructor"], /could not be read/],
    [["from a newer server", 1], /could not be read/],
  ]) {
    await assert.rejects(readMap({ problem }, "a.jpg"), (error) => {
      assert.ok(error instanceof MapProblem);
      assert.match(error.message, message);
      return error.code === problem[0];
    });
  }
});

test("one line says what was decided", async () => {
  const found = await readMap(
    answer(["12"], [SKY, ["", 2, "", "#123456"]], {
      reading: "ade20kColors",
      blended: 0.031,
      unknown: 0.004,
    }),
    "a.png",
  );
  assert.equal(
    describe(found, "a.png"),
    "a.png: ADE20K colors, 2 classes · 3 % edge pixels given to neighbors · " +
      "<1 % of no known color became void",
  );
  const plain = await readMap(answer(["11"], [SKY]), "b.png");
  assert.equal(describe(plain, "b.png"), "b.png: its own colors, 1 class");
});
