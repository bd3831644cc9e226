// @ts-check

import { crc32 } from "./crc32.js";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/**
 * Writes a drawing as a PNG with one byte a pixel and a color table.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {string[]} colors "#rrggbb" of each index from 0 on; indices beyond become black
 * @returns {Promise<Uint8Array>} the file
 */
export async function encodePng(map, colors) {
  // Taken now: strokes go on while the stream works.
  const rows = filteredRows(map);
  const palette = paletteBytes(map, colors);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, map.width);
  view.setUint32(4, map.height);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits, color table, deflate, the five filters, not interlaced
  const compressed = await deflate(rows);
  return joined([
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("PLTE", palette),
    chunk("IDAT", compressed),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/**
 * Each row after its filter type. A layout's rows are long runs and mostly like the row above: what
 * changes value less often along the row, the bytes (0) or their difference from above (2), packs
 * better.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @returns {Uint8Array}
 */
function filteredRows({ width, height, data }) {
  const stride = width + 1;
  const rows = new Uint8Array(height * stride);
  rows.set(data.subarray(0, width), 1);
  for (let y = 1; y < height; y++) {
    const row = y * width;
    const start = y * stride + 1;
    let changes = 0;
    let upChanges = 0;
    for (let x = 0; x < width; x++) {
      const value = data[row + x];
      rows[start + x] = value - data[row + x - width];
      if (x === 0) continue;
      if (value !== data[row + x - 1]) changes++;
      if (rows[start + x] !== rows[start + x - 1]) upChanges++;
    }
    if (upChanges <= changes) rows[start - 1] = 2;
    else rows.set(data.subarray(row, row + width), start);
  }
  return rows;
}

/**
 * @param {import("./label_map.js").LabelMap} map
 * @param {string[]} colors
 * @returns {Uint8Array} RGB of every index up to the highest in use
 */
function paletteBytes(map, colors) {
  if (colors.length > 256) {
    throw new RangeError(`colors: ${colors.length}; a color table holds at most 256`);
  }
  // By loop: too many pixels to spread them as arguments.
  let highest = 0;
  for (let i = 0; i < map.data.length; i++) if (map.data[i] > highest) highest = map.data[i];
  const palette = new Uint8Array(3 * Math.max(colors.length, highest + 1));
  colors.forEach((color, index) => {
    if (!/^#[0-9a-f]{6}$/i.test(color)) {
      throw new Error(`colors: number ${index} is ${JSON.stringify(color)}; write it as #rrggbb`);
    }
    const value = parseInt(color.slice(1), 16);
    palette.set([value >> 16, (value >> 8) & 255, value & 255], 3 * index);
  });
  return palette;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<Uint8Array>} in zlib's format
 */
async function deflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {string} type four letters
 * @param {Uint8Array} content
 * @returns {Uint8Array}
 */
function chunk(type, content) {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/**
 * @param {Uint8Array[]} parts
 * @returns {Uint8Array}
 */
function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
