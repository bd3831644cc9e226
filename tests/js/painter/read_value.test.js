import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassList } from "../../../js/painter/class_list.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { readValue } from "../../../js/painter/read_value.js";
import { writeValue } from "../../../js/painter/write_value.js";
import { ODD_NAMES, Random, assertSameMap, noise, scene } from "../helpers.js";
import { INDEXED, bomb, chunk, headerChunk, palette, pngOf } from "../png_file.js";

/** @param {number} count */
function classesOf(count) {
  const classes = new ClassList();
  for (let i = 1; i <= count; i++) classes.add(`class ${i}`, i % 2 ? `words ${i}` : "");
  return classes;
}

const DRAWING = { map: scene(new Random(23), 200, 100, 3), classes: classesOf(3) };
const VALUE = await writeValue(DRAWING);
const CONTENT = JSON.parse(VALUE);

/** The value with other parts in place of its own. */
const changed = (parts) => JSON.stringify({ ...CONTENT, ...parts });

async function assertReadAgain({ map, classes }) {
  const value = await writeValue({ map, classes });
  const found = await readValue(value);
  assertSameMap(found.map, map);
  assert.deepEqual(found.classes.toJSON(), classes.toJSON());
  assert.equal(await writeValue(found), value);
}

// --- What can be read ----------------------------------------------------------------------------

for (const value of ["", "  ", "\n\t"]) {
  test(`${JSON.stringify(value)} is no drawing yet`, async () => {
    assert.equal(await readValue(value), null);
  });
}

test("a drawing is read as it was written", () => assertReadAgain(DRAWING));

test("a hidden class stays hidden, a removed one leaves its number free", async () => {
  const classes = classesOf(4);
  classes.setHidden(2, true);
  classes.remove(4);
  await assertReadAgain({ map: DRAWING.map, classes });
});

test("names and words of any kind stay as they are", async () => {
  const classes = new ClassList();
  for (const name of Object.values(ODD_NAMES)) classes.add(name, `${name}\n${name}`);
  await assertReadAgain({ map: new LabelMap(1, 1), classes });
});

test("all 255 classes may be painted with", async () => {
  const map = noise(new Random(24), 100, 100);
  await assertReadAgain({ map, classes: classesOf(255) });
});

test("182 classes on the largest map", async () => {
  const map = scene(new Random(25), 4096, 4096, 182);
  await assertReadAgain({ map, classes: classesOf(182) });
});

test("what is not known is left out", async () => {
  const found = await readValue(changed({ author: "me", __proto__: { version: 7 } }));
  assertSameMap(found.map, DRAWING.map);
});

test("an old drawing keeps its version and the numbers of its classes", async () => {
  const found = await readValue(changed({ version: 1 }));
  assertSameMap(found.map, DRAWING.map);
  assert.equal(found.classes.number(1), 0);
  assert.equal(JSON.parse(await writeValue(found)).version, 1);
});

// --- Other versions ------------------------------------------------------------------------------

test("a newer version asks for an update, whatever else it has", async () => {
  const message = /has version 3; this painter reads up to version 2\. Update the PLACE nodes\.$/;
  await assert.rejects(readValue(changed({ version: 3 })), message);
  await assert.rejects(readValue('{"version": 3, "layers": []}'), message);
  await assert.rejects(readValue(changed({ version: 2.5 })), /has version 2\.5; .* Update/);
});

for (const version of [undefined, null, 0, -1, 1.5, true, "1", "2", [1], { a: 1 }]) {
  test(`the version ${JSON.stringify(version)} is one that no painter wrote`, async () => {
    await assert.rejects(readValue(changed({ version })), /which no painter wrote; versions 1 to 2 can/);
  });
}

// --- What is refused -----------------------------------------------------------------------------

const png = (bytes) => ({ png: Buffer.from(bytes).toString("base64") });
const pixels = (content) =>
  pngOf(
    headerChunk(200, 100, { color: INDEXED }),
    chunk("PLTE", palette(4)),
    chunk("IDAT", content),
  );

for (const [what, value, message] of [
  ["a number", 5, /It is no text/],
  ["nothing at all", null, /It is no text/],
  ["an object", CONTENT, /It is no text/],
  ["other text", "hello", /It cannot be read/],
  ["cut off text", VALUE.slice(0, -20), /It cannot be read/],
  ["JSON null", "null", /It cannot be read/],
  ["a JSON list", "[]", /It cannot be read/],
  ["a JSON number", "3", /It cannot be read/],
  ["NaN", VALUE.replace('"width":200', '"width":NaN'), /It cannot be read/],
  ["a million brackets", "[".repeat(1e6), /It cannot be read/],
  ["no width", changed({ width: undefined }), /Its width is missing; it must be 1 to 4096/],
  ["width 0", changed({ width: 0 }), /Its width is 0/],
  ["half a pixel", changed({ width: 200.5 }), /Its width is 200\.5/],
  ["a huge width", changed({ width: 1e300 }), /Its width is 1e\+300/],
  ["true for a width", changed({ width: true }), /Its width is true/],
  ["a height as text", changed({ height: "100" }), /Its height is "100"/],
  ["a height beyond the most", changed({ height: 4097 }), /Its height is 4097/],
  ["another size", changed({ width: 201 }), /is 200×100, but the drawing 201×100/],
  ["no classes", changed({ classes: undefined }), /The class list is missing/],
  ["a broken class", changed({ classes: [5] }), /Entry 1 of the list: it is of the type number/],
  ["a class too few", changed({ classes: CONTENT.classes.slice(1) }), /the index 1, which is not/],
  ["no picture", changed({ png: undefined }), /Its picture is missing/],
  ["an empty picture", changed({ png: "" }), /Its picture is missing/],
  ["a list for a picture", changed({ png: [1] }), /Its picture is missing/],
  ["no base64", changed({ png: "<svg>" }), /Its picture is no base64/],
  ["a picture of another kind", changed(png(Buffer.from("GIF89a"))), /picture cannot be read/],
  ["a picture cut off", changed({ png: CONTENT.png.slice(0, 400) }), /picture cannot be read/],
  [
    "a picture with other bytes",
    changed({ png: `${CONTENT.png.slice(0, 60)}AAAA${CONTENT.png.slice(64)}` }),
    /picture cannot be read/,
  ],
  ["a picture of too few pixels", changed(png(pixels(bomb(0)))), /picture cannot be read/],
  ["a bomb", changed(png(pixels(bomb(200)))), /picture cannot be read/],
  [
    "a picture that is far too large",
    changed(png(pngOf(headerChunk(2 ** 31 - 1, 2 ** 31 - 1), chunk("IDAT", bomb(1))))),
    /picture cannot be read/,
  ],
]) {
  test(`${what} is refused with what to do`, async () => {
    await assert.rejects(readValue(value), message);
    await assert.rejects(readValue(value), (error) => {
      assert.match(error.message, /^The drawing of this workflow is damaged/);
      assert.match(error.message, /Take an older copy of the workflow, or clear the drawing/);
      assert.ok(error.message.length < 400, `${error.message.length} characters`);
      return true;
    });
  });
}

test("what was found in a picture goes along for the console", async () => {
  const value = changed({ png: CONTENT.png.slice(0, 400) });
  await assert.rejects(readValue(value), (error) => /cut off/.test(error.cause.cause.message));
});

test("any wrong character is read or refused, and nothing else happens", async () => {
  const random = new Random(26);
  for (let round = 0; round < 300; round++) {
    const at = random.below(VALUE.length);
    const character = String.fromCharCode(32 + random.below(95));
    try {
      await readValue(VALUE.slice(0, at) + character + VALUE.slice(at + 1));
    } catch (error) {
      assert.match(error.message, /^The drawing of this workflow (is damaged|has )/);
    }
  }
});
