import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassList } from "../../../js/painter/class_list.js";
import { decodePng } from "../../../js/painter/decode_png.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { writeValue } from "../../../js/painter/write_value.js";
import { assertSameMap, mapOf } from "../helpers.js";

function drawing() {
  const classes = new ClassList();
  classes.add("sky", "a blue sky", "#06e6e6");
  classes.add("sea", "", "#0907e6");
  return { map: mapOf("011", "220"), classes };
}

test("a drawing that was never touched is empty text", async () => {
  assert.equal(await writeValue(null), "");
});

test("a drawing is its version, size, classes and picture", async () => {
  const { map, classes } = drawing();
  classes.setHidden(2, true);
  const { png, ...rest } = JSON.parse(await writeValue({ map, classes }));
  assert.deepEqual(rest, {
    version: 2,
    width: 3,
    height: 2,
    classes: [
      { index: 1, name: "sky", words: "a blue sky", color: "#06e6e6", hidden: false },
      { index: 2, name: "sea", words: "", color: "#0907e6", hidden: true },
    ],
  });
  const picture = await decodePng(Buffer.from(png, "base64"));
  assertSameMap(picture.map, map);
  assert.deepEqual(picture.colors, ["#000000", "#06e6e6", "#0907e6"]);
});

test("the same drawing is the same text", async () => {
  assert.equal(await writeValue(drawing()), await writeValue(drawing()));
});

test("the text has the drawing as it was at the call", async () => {
  const expected = await writeValue(drawing());
  const { map, classes } = drawing();
  const pending = writeValue({ map, classes });
  map.data.fill(1);
  classes.rename(1, "other");
  classes.add("more");
  assert.equal(await pending, expected);
});

test("pixels of a class that is not on the list are refused", async () => {
  const { map, classes } = drawing();
  classes.remove(2);
  await assert.rejects(writeValue({ map, classes }), /2 pixels have the index 2, which is not on/);
});

test("void needs no class, and a class no pixels", async () => {
  const map = new LabelMap(2, 2);
  assert.match(await writeValue({ map, classes: new ClassList() }), /"classes":\[\]/);
  assert.match(await writeValue({ map, classes: drawing().classes }), /"name":"sea"/);
});
