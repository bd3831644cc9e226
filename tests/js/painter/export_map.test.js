import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassList } from "../../../js/painter/class_list.js";
import { decodePng } from "../../../js/painter/decode_png.js";
import { exportIndex } from "../../../js/painter/export_map.js";
import { Random, assertSameMap, scene } from "../helpers.js";

function drawing(count) {
  const classes = new ClassList();
  for (let i = 1; i <= count; i++) classes.add(`class ${i}`);
  classes.setHidden(2, true);
  return { map: scene(new Random(31), 60, 40, count), classes };
}

test("an index map has the numbers and colors of the classes, hidden ones too", async () => {
  const { map, classes } = drawing(3);
  const blob = await exportIndex({ map, classes });
  assert.equal(blob.type, "image/png");
  const found = await decodePng(new Uint8Array(await blob.arrayBuffer()));
  assertSameMap(found.map, map);
  assert.deepEqual(found.colors, classes.palette());
});
