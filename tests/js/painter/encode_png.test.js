import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, inflateSync } from "node:zlib";

import { decodePng } from "../../../js/painter/decode_png.js";
import { encodePng } from "../../../js/painter/encode_png.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { Random, assertSameMap, mapOf, noise, scene } from "../helpers.js";

/** The content of each chunk, by type. */
function chunksOf(file) {
  const bytes = Buffer.from(file);
  assert.equal(bytes.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  const chunks = {};
  for (let at = 8; at < bytes.length;) {
    const end = at + 12 + bytes.readUInt32BE(at);
    assert.equal(bytes.readUInt32BE(end - 4), crc32(bytes.subarray(at + 4, end - 4)));
    chunks[bytes.toString("latin1", at + 4, at + 8)] = bytes.subarray(at + 8, end - 4);
    at = end;
  }
  return chunks;
}

const MAPS = {
  "a single pixel": () => new LabelMap(1, 1, Uint8Array.of(255)),
  "one row": (random) => scene(random, 4096, 1, 9),
  "one column": (random) => scene(random, 1, 4096, 9),
  "a flat map": () => new LabelMap(300, 200),
  "a scene": (random) => scene(random, 511, 337, 9),
  "182 classes": (random) => scene(random, 640, 480, 182),
  noise: (random) => noise(random, 129, 131),
};

for (const [what, make] of Object.entries(MAPS)) {
  test(`${what} can be read again`, async () => {
    const map = make(new Random(12));
    const colors = ["#000000", "#06e6e6", "#ff8000"];
    const file = await encodePng(map, colors);
    const found = await decodePng(file);
    assertSameMap(found.map, map);
    assert.deepEqual(found.colors.slice(0, 3), colors);
  });
}

test("a file has a byte a pixel, a color table, and nothing more", async () => {
  const map = mapOf("012", "210");
  const chunks = chunksOf(await encodePng(map, ["#000000", "#06e6e6", "#FF8001"]));
  assert.deepEqual(Object.keys(chunks), ["IHDR", "PLTE", "IDAT", "IEND"]);
  assert.deepEqual([...chunks.IHDR], [0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
  assert.deepEqual([...chunks.PLTE], [0, 0, 0, 0x06, 0xe6, 0xe6, 0xff, 0x80, 0x01]);
  assert.equal(inflateSync(chunks.IDAT).length, 2 * 4);
});

test("the color table reaches to the highest index in use, in black", async () => {
  const file = await encodePng(new LabelMap(2, 2, Uint8Array.of(0, 1, 2, 200)), ["#ffffff"]);
  const { colors } = await decodePng(file);
  assert.equal(colors.length, 201);
  assert.deepEqual([...new Set(colors)], ["#ffffff", "#000000"]);
});

test("the color table has all colors given, in use or not", async () => {
  const colors = Array.from(
    { length: 256 },
    (_, i) => `#${(i * 65793).toString(16).padStart(6, "0")}`,
  );
  const file = await encodePng(new LabelMap(1, 1), colors);
  assert.deepEqual((await decodePng(file)).colors, colors);
});

test("the file has the drawing as it was at the call", async () => {
  const map = mapOf("111", "111");
  const colors = ["#000000", "#ff0000"];
  const pending = encodePng(map, colors);
  map.data.fill(2);
  colors[1] = "#00ff00";
  const found = await decodePng(await pending);
  assertSameMap(found.map, mapOf("111", "111"));
  assert.equal(found.colors[1], "#ff0000");
});

test("a painted layout packs well", async () => {
  const file = await encodePng(scene(new Random(13), 768, 512, 9), []);
  assert.ok(file.length < 20_000, `${file.length} bytes`);
});

test("colors of another form, or more than a byte can name, are refused", async () => {
  const map = new LabelMap(2, 2);
  await assert.rejects(
    encodePng(map, ["#000000", "red"]),
    /number 1 is "red"; write it as #rrggbb/,
  );
  await assert.rejects(encodePng(map, Array(257).fill("#000000")), /257; .* at most 256/);
});

test("the largest map with 182 classes can be read again", async () => {
  const map = scene(new Random(14), 4096, 4096, 182);
  assertSameMap((await decodePng(await encodePng(map, []))).map, map);
});
