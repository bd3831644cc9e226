import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { decodePng } from "../../../js/painter/decode_png.js";
import { encodePng } from "../../../js/painter/encode_png.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { Random, assertSameMap, mapOf, noise, scene } from "../helpers.js";
import {
  GRAY_ALPHA,
  INDEXED,
  RGB,
  RGBA,
  bomb,
  chunk,
  filteredRows,
  headerChunk,
  packedRows,
  palette,
  png,
  pngOf,
} from "../png_file.js";

const MAP = mapOf("012", "210");
const ROWS = filteredRows(MAP, [0]);
const CONVERT = /Save it as PNG with a color table \(“indexed”\) or as 8-bit gray/;

// --- Bombs: first, while the process is small ----------------------------------------------------

for (const [what, size] of [
  ["a small picture", [3, 2]],
  ["the largest picture", [4096, 4096]],
]) {
  test(`a gigabyte packed as ${what} is refused without unpacking it`, async () => {
    const file = pngOf(headerChunk(...size), chunk("IDAT", bomb(1024)));
    const before = process.resourceUsage().maxRSS;
    await assert.rejects(decodePng(file), /damaged: it holds more pixels than its size says/);
    // What was not stopped would go on in another thread.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(grown < 200, `${grown.toFixed(0)} MiB`);
  });
}

// --- What can be read ----------------------------------------------------------------------------

test("gray of 8 bits is its values, without colors", async () => {
  const map = noise(new Random(15), 31, 17);
  const found = await decodePng(png(31, 17, filteredRows(map, [0])));
  assertSameMap(found.map, map);
  assert.equal(found.colors, null);
});

for (const depth of [1, 2, 4, 8]) {
  test(`a color table of ${depth} bits is its indices and colors`, async () => {
    const random = new Random(16);
    // Widths that fill their last byte, and such that do not.
    for (let width = 1; width < 20; width++) {
      const map = new LabelMap(width, 5);
      for (let i = 0; i < map.data.length; i++) map.data[i] = random.below(2 ** depth);
      const rows = depth === 8 ? filteredRows(map, [0]) : packedRows(map, depth);
      const table = palette(2 ** depth);
      const file = png(width, 5, rows, { depth, color: INDEXED, palette: table });
      const found = await decodePng(file);
      assertSameMap(found.map, map, `width ${width}`);
      assert.equal(found.colors.length, 2 ** depth);
      assert.equal(found.colors[1], `#${Buffer.from(table.subarray(3, 6)).toString("hex")}`);
    }
  });
}

for (const [name, filters] of Object.entries({
  none: [0],
  sub: [1],
  up: [2],
  average: [3],
  paeth: [4],
  "all in turn": [4, 3, 2, 1, 0, 4, 4, 3, 3],
})) {
  test(`rows with the filter ${name} are read`, async () => {
    const map = noise(new Random(17), 50, 60);
    assertSameMap((await decodePng(png(50, 60, filteredRows(map, filters)))).map, map);
  });
}

test("pixels may come in many parts, and empty ones", async () => {
  const map = noise(new Random(18), 50, 60);
  const packed = deflateSync(filteredRows(map, [0]));
  const parts = [chunk("IDAT")];
  for (let at = 0; at < packed.length; at += 7) {
    parts.push(chunk("IDAT", packed.subarray(at, at + 7)));
  }
  const file = pngOf(headerChunk(50, 60), ...parts);
  assertSameMap((await decodePng(file)).map, map);
});

test("what a file says besides its pixels is passed over", async () => {
  const file = pngOf(
    headerChunk(3, 2, { color: INDEXED }),
    chunk("gAMA", Buffer.from([0, 0, 0, 1])),
    chunk("iCCP", Buffer.from("profile")),
    chunk("tEXt", Buffer.from("workflow\0{}")),
    chunk("PLTE", palette(3)),
    chunk("tRNS", Buffer.from([0])),
    chunk("IDAT", deflateSync(ROWS)),
    chunk("tIME", Buffer.alloc(7)),
  );
  assertSameMap((await decodePng(file)).map, MAP);
});

test("what comes after the end is passed over", async () => {
  const file = Buffer.concat([png(3, 2, ROWS), Buffer.from("more")]);
  assertSameMap((await decodePng(file)).map, MAP);
});

test("a color table that gray does not need is passed over", async () => {
  const found = await decodePng(png(3, 2, ROWS, { palette: palette(1) }));
  assertSameMap(found.map, MAP);
  assert.equal(found.colors, null);
});

test("a file may be a part of a larger buffer", async () => {
  const file = png(3, 2, ROWS);
  const buffer = Buffer.concat([Buffer.alloc(5), file, Buffer.alloc(5)]);
  assertSameMap((await decodePng(buffer.subarray(5, -5))).map, MAP);
});

test("the largest picture is read", async () => {
  const map = scene(new Random(19), 4096, 4096, 200);
  assertSameMap((await decodePng(png(4096, 4096, filteredRows(map, [0])))).map, map);
});

// --- Pictures of another kind --------------------------------------------------------------------

for (const [what, file, message] of [
  ["nothing", new Uint8Array(0), /not a PNG file/],
  ["a JPEG", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0]), /not a PNG file/],
  ["text", Buffer.from("<svg onload='alert(1)'/>"), /not a PNG file/],
  ["RGB", png(1, 2, Buffer.alloc(8), { color: RGB }), /in RGB color, .*import it as a color map/],
  ["RGBA", png(1, 2, Buffer.alloc(10), { color: RGBA }), /in RGB color, which is no index map/],
  ["gray with transparency", png(1, 2, Buffer.alloc(6), { color: GRAY_ALPHA }), /transparency/],
  ["gray of 1 bit", png(3, 2, Buffer.alloc(4), { depth: 1 }), /gray with 1 bits a pixel/],
  ["gray of 4 bits", png(3, 2, Buffer.alloc(6), { depth: 4 }), /gray with 4 bits a pixel/],
  ["gray of 16 bits", png(3, 2, Buffer.alloc(14), { depth: 16 }), /gray with 16 bits a pixel/],
  [
    "16 bits with a color table",
    png(3, 2, Buffer.alloc(14), { depth: 16, color: INDEXED, palette: palette(3) }),
    /indexed with 16 bits a pixel/,
  ],
  ["interlaced", png(3, 2, ROWS, { interlaced: 1 }), /is interlaced/],
  ["needing more than is known", pngOf(headerChunk(3, 2), chunk("ABCD")), /needs ABCD/],
]) {
  test(`a file that is ${what} is refused with what to do`, async () => {
    await assert.rejects(decodePng(file), message);
    await assert.rejects(decodePng(file), CONVERT);
  });
}

for (const [width, height] of [
  [4097, 1],
  [1, 4097],
  [2 ** 31 - 1, 2 ** 31 - 1],
  [2 ** 32 - 1, 1],
]) {
  test(`a picture of ${width}×${height} is refused by its header`, async () => {
    const message = new RegExp(`is ${width}×${height}; .*at most 4096×4096\\. Make it smaller`);
    await assert.rejects(decodePng(png(width, height, ROWS)), message);
  });
}

// --- Damaged files -------------------------------------------------------------------------------

const INDEXED_HEADER = headerChunk(3, 2, { color: INDEXED });
const PIXELS = chunk("IDAT", deflateSync(ROWS));

for (const [what, file, message] of [
  ["no width", png(0, 2, ROWS), /a size of 0×2/],
  ["no height", png(3, 0, ROWS), /a size of 3×0/],
  ["an unknown color", png(3, 2, ROWS, { color: 1 }), /an unknown kind of color \(1\)/],
  ["an unknown compression", png(3, 2, ROWS, { compression: 1 }), /an unknown compression/],
  ["an unknown filter method", png(3, 2, ROWS, { filter: 1 }), /an unknown compression/],
  ["an unknown filter", png(3, 2, Buffer.from([0, 1, 2, 3, 5, 1, 2, 3])), /row 2 has .*filter 5/],
  ["a row too few", png(3, 3, ROWS), /fewer pixels than its size says/],
  ["a row too many", png(3, 1, ROWS), /more pixels than its size says/],
  ["one byte too many", png(3, 2, Buffer.concat([ROWS, Buffer.alloc(1)])), /more pixels/],
  ["no pixels", pngOf(headerChunk(3, 2)), /it has no pixels/],
  ["nothing packed", pngOf(headerChunk(3, 2), chunk("IDAT")), /cannot be unpacked/],
  ["no zlib", pngOf(headerChunk(3, 2), chunk("IDAT", ROWS)), /cannot be unpacked/],
  ["no header", pngOf(PIXELS), /it begins with IDAT/],
  ["two headers", pngOf(headerChunk(3, 2), headerChunk(3, 2), PIXELS), /two headers/],
  ["a short header", pngOf(chunk("IHDR", Buffer.alloc(12))), /a header of 12 bytes/],
  ["no name of a part", pngOf(headerChunk(3, 2), chunk("<b>!")), /without a proper name/],
  ["no color table", pngOf(INDEXED_HEADER, PIXELS), /its color table is missing/],
  ["an empty color table", pngOf(INDEXED_HEADER, chunk("PLTE"), PIXELS), /table of 0 bytes/],
  [
    "half a color",
    pngOf(INDEXED_HEADER, chunk("PLTE", Buffer.alloc(8)), PIXELS),
    /a color table of 8 bytes/,
  ],
  ["257 colors", pngOf(INDEXED_HEADER, chunk("PLTE", palette(257)), PIXELS), /table of 771 bytes/],
  [
    "two color tables",
    pngOf(INDEXED_HEADER, chunk("PLTE", palette(3)), chunk("PLTE", palette(3)), PIXELS),
    /a color table out of place/,
  ],
  [
    "the color table after the pixels",
    pngOf(INDEXED_HEADER, PIXELS, chunk("PLTE", palette(3))),
    /a color table out of place/,
  ],
  [
    "a pixel beyond the color table",
    png(3, 2, ROWS, { color: INDEXED, palette: palette(2) }),
    /a pixel has color 2, but its color table ends at 1/,
  ],
]) {
  test(`a file with ${what} is refused as damaged`, async () => {
    await assert.rejects(decodePng(file), message);
    await assert.rejects(decodePng(file), /^Error: The PNG is damaged: .*Take another copy of it/);
  });
}

test("a wrong checksum is refused, whichever part has it", async () => {
  const parts = [
    INDEXED_HEADER,
    chunk("tEXt", Buffer.from("a")),
    chunk("PLTE", palette(3)),
    PIXELS,
  ];
  for (const [i, part] of parts.entries()) {
    const wrong = Buffer.from(part);
    wrong[wrong.length - 1] ^= 1;
    const type = part.toString("latin1", 4, 8);
    const file = pngOf(...parts.with(i, wrong));
    await assert.rejects(decodePng(file), new RegExp(`the checksum of ${type} is wrong`));
  }
});

test("a part that says it is longer than the file is cut off", async () => {
  const file = png(3, 2, ROWS);
  file.writeUInt32BE(0xffffffff, 8);
  await assert.rejects(decodePng(file), /cut off/);
});

test("a file cut off anywhere is refused", async () => {
  const file = await encodePng(scene(new Random(20), 511, 337, 9), ["#000000"]);
  for (let length = 0; length < file.length; length += length < 200 ? 1 : 97) {
    await assert.rejects(decodePng(file.slice(0, length)), /is cut off|not a PNG file/);
  }
});

test("a single wrong bit is never overlooked", async () => {
  const random = new Random(21);
  const file = await encodePng(scene(random, 200, 100, 9), ["#000000"]);
  for (let round = 0; round < 300; round++) {
    const wrong = file.slice();
    wrong[random.below(wrong.length)] ^= 1 << random.below(8);
    await assert.rejects(decodePng(wrong), /PNG/);
  }
});

test("damaged pixels are refused even where their checksum was made to fit", async () => {
  const random = new Random(22);
  for (let round = 0; round < 200; round++) {
    const map = scene(random, 20, 30, 4);
    const packed = deflateSync(filteredRows(map, [0, 1, 2, 3, 4]));
    const cut = packed.subarray(0, random.below(packed.length));
    await assert.rejects(
      decodePng(pngOf(headerChunk(20, 30), chunk("IDAT", cut))),
      /damaged: its pixels cannot be unpacked/,
    );
    packed[random.below(packed.length)] ^= 1 << random.below(8);
    let found = null;
    try {
      found = await decodePng(pngOf(headerChunk(20, 30), chunk("IDAT", packed)));
    } catch (error) {
      assert.match(error.message, /^The PNG is damaged: /);
    }
    // Some bits of the packed form mean nothing.
    if (found) assertSameMap(found.map, map, `round ${round}`);
  }
});
