// Makes PNG files, good and bad ones, by other means than the painter's.

import { constants, crc32, deflateRawSync, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** Kinds of color in a PNG's header. */
export const GRAY = 0;
export const RGB = 2;
export const INDEXED = 3;
export const GRAY_ALPHA = 4;
export const RGBA = 6;

/**
 * @param {string} type four letters
 * @param {Uint8Array} content
 * @returns {Buffer}
 */
export function chunk(type, content = new Uint8Array(0)) {
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, "latin1");
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), content.length + 8);
  return bytes;
}

/**
 * @typedef {object} Header
 * @property {number} [depth] bits of a channel
 * @property {number} [color]
 * @property {number} [compression]
 * @property {number} [filter]
 * @property {number} [interlaced]
 */

/**
 * @param {number} width
 * @param {number} height
 * @param {Header} [header]
 * @returns {Buffer}
 */
export function headerChunk(width, height, header = {}) {
  const { depth = 8, color = GRAY, compression = 0, filter = 0, interlaced = 0 } = header;
  const content = Buffer.alloc(13);
  content.writeUInt32BE(width, 0);
  content.writeUInt32BE(height, 4);
  content.set([depth, color, compression, filter, interlaced], 8);
  return chunk("IHDR", content);
}

/**
 * @param {...Uint8Array} chunks
 * @returns {Buffer} of these and the end
 */
export function pngOf(...chunks) {
  return Buffer.concat([SIGNATURE, ...chunks, chunk("IEND")]);
}

/**
 * @param {number} width as the header says
 * @param {number} height as the header says
 * @param {Uint8Array} rows each after its filter type, before packing
 * @param {Header & {palette?: Uint8Array}} [options]
 * @returns {Buffer}
 */
export function png(width, height, rows, { palette, ...header } = {}) {
  const colors = palette ? [chunk("PLTE", palette)] : [];
  return pngOf(headerChunk(width, height, header), ...colors, chunk("IDAT", deflateSync(rows)));
}

/**
 * @param {number} colors
 * @returns {Uint8Array} a color table
 */
export function palette(colors) {
  return Uint8Array.from({ length: 3 * colors }, (_, i) => (i * 37) & 255);
}

/**
 * @param {import("../../js/painter/label_map.js").LabelMap} map
 * @param {number[]} filters of the rows, again and again
 * @returns {Buffer} the rows as a PNG of 8 bits has them
 */
export function filteredRows({ width, height, data }, filters) {
  const at = (x, y) => (x < 0 || y < 0 ? 0 : data[y * width + x]);
  const predicted = [
    () => 0,
    (x, y) => at(x - 1, y),
    (x, y) => at(x, y - 1),
    (x, y) => (at(x - 1, y) + at(x, y - 1)) >> 1,
    (x, y) => paeth(at(x - 1, y), at(x, y - 1), at(x - 1, y - 1)),
  ];
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) {
    const filter = filters[y % filters.length];
    const start = y * (width + 1);
    rows[start] = filter;
    for (let x = 0; x < width; x++) rows[start + 1 + x] = at(x, y) - predicted[filter](x, y);
  }
  return rows;
}

/** As the PNG standard words it: the nearest of the three, left before above before corner. */
function paeth(left, above, corner) {
  const distance = (value) => Math.abs(left + above - corner - value);
  return [left, above, corner].reduce((best, value) =>
    distance(value) < distance(best) ? value : best,
  );
}

/**
 * @param {import("../../js/painter/label_map.js").LabelMap} map with indices that fit
 * @param {number} depth 1, 2 or 4
 * @returns {Buffer} the rows, several pixels a byte
 */
export function packedRows({ width, height, data }, depth) {
  const stride = 1 + Math.ceil((width * depth) / 8);
  const rows = Buffer.alloc(height * stride);
  data.forEach((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const bit = x * depth;
    rows[y * stride + 1 + (bit >> 3)] |= value << (8 - depth - (bit & 7));
  });
  return rows;
}

/**
 * @param {number} mebibytes
 * @returns {Buffer} zlib's format of that many zeros, about a thousandth of their size
 */
export function bomb(mebibytes) {
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  const piece = deflateRawSync(Buffer.alloc(2 ** 20), options);
  const start = Buffer.from([0x78, 0x9c]);
  // An empty last block, and a checksum that nobody may live to see.
  const end = Buffer.from([3, 0, 0, 0, 0, 0]);
  return Buffer.concat([start, ...Array(mebibytes).fill(piece), end]);
}
