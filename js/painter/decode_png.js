// @ts-check

import { crc32 } from "./crc32.js";
import { LabelMap } from "./label_map.js";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const AGAIN = "Take another copy of it, or save it again.";
const CONVERT = "Save it as PNG with a color table (“indexed”) or as 8-bit gray, not interlaced.";
/** Zlib makes at most about a thousand bytes of one, so a piece can never flood the memory. */
const PIECE = 16384;

/**
 * @typedef {object} Header
 * @property {number} width 1..4096
 * @property {number} height 1..4096
 * @property {number} depth bits a pixel: 1, 2, 4 or 8
 * @property {boolean} indexed otherwise gray
 */

/**
 * Reads an index map: a PNG with a color table of 1, 2, 4 or 8 bits, or an 8-bit gray one.
 *
 * It never passes through a canvas, whose color management could change values.
 *
 * @param {Uint8Array} bytes the file
 * @returns {Promise<{map: LabelMap, colors: string[] | null}>} the index, or gray value, of each
 *   pixel, and "#rrggbb" of each entry of the color table; null of a gray picture
 * @throws {Error} a damaged file, or one of another kind; the message says what to do
 */
export async function decodePng(bytes) {
  const { header, palette, compressed } = readChunks(bytes);
  const rowBytes = Math.ceil((header.width * header.depth) / 8);
  const rows = await inflate(compressed, header.height * (rowBytes + 1));
  unfilter(rows, rowBytes, header.height);
  const map = unpack(rows, rowBytes, header);
  if (palette) checkIndices(map, palette.length / 3);
  return { map, colors: palette && hexColors(palette) };
}

/**
 * @param {Uint8Array} bytes
 * @returns {{header: Header, palette: Uint8Array | null, compressed: Uint8Array[]}}
 */
function readChunks(bytes) {
  if (!SIGNATURE.every((value, i) => bytes[i] === value)) {
    throw new Error(`This is not a PNG file. ${CONVERT}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Header | null} */
  let header = null;
  /** @type {Uint8Array | null} */
  let palette = null;
  const compressed = [];
  for (let at = SIGNATURE.length; ; ) {
    if (at + 12 > bytes.length) throw cutOff();
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw cutOff();
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged("a part without a proper name");
    if (view.getUint32(end - 4) !== crc32(bytes.subarray(at + 4, end - 4))) {
      throw damaged(`the checksum of ${type} is wrong`);
    }
    const content = bytes.subarray(at + 8, end - 4);
    if (!header && type !== "IHDR") throw damaged(`it begins with ${type}`);
    if (type === "IHDR") {
      if (header) throw damaged("it has two headers");
      header = readHeader(content);
    } else if (type === "PLTE") {
      if (palette || compressed.length) throw damaged("a color table out of place");
      if (content.length % 3 || content.length === 0 || content.length > 768) {
        throw damaged(`a color table of ${content.length} bytes`);
      }
      palette = content;
    } else if (type === "IDAT") {
      compressed.push(content);
    } else if (type === "IEND") {
      break;
    } else if (type[0] === type[0].toUpperCase()) {
      throw new Error(`The PNG needs ${type}, which is not known here. ${CONVERT}`);
    }
    at = end;
  }
  if (!header || !compressed.length) throw damaged("it has no pixels");
  if (header.indexed && !palette) throw damaged("its color table is missing");
  return { header, palette: header.indexed ? palette : null, compressed };
}

/**
 * @param {Uint8Array} content
 * @returns {Header}
 */
function readHeader(content) {
  if (content.length !== 13) throw damaged(`a header of ${content.length} bytes`);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, color, compression, filter, interlaced] = content.subarray(8);
  if (width < 1 || height < 1) throw damaged(`a size of ${width}×${height}`);
  if (width > LabelMap.MAX_SIDE || height > LabelMap.MAX_SIDE) {
    const most = LabelMap.MAX_SIDE;
    throw new Error(
      `The PNG is ${width}×${height}; a drawing has at most ${most}×${most}. Make it smaller ` +
        "without smoothing (“nearest neighbor”).",
    );
  }
  if (![0, 2, 3, 4, 6].includes(color)) throw damaged(`an unknown kind of color (${color})`);
  if (compression || filter) throw damaged("an unknown compression");
  const kinds = /** @type {Record<number, string>} */ ({ 2: "in RGB color", 6: "in RGB color" });
  const kind = kinds[color] ?? (color === 4 ? "gray with transparency" : null);
  if (kind) {
    const hint = color === 4 ? "" : " To read its colors as classes, import it as a color map.";
    throw new Error(`The PNG is ${kind}, which is no index map. ${CONVERT}${hint}`);
  }
  if (!(color === 3 ? [1, 2, 4, 8] : [8]).includes(depth)) {
    const gray = color === 3 ? "indexed" : "gray";
    throw new Error(`The PNG is ${gray} with ${depth} bits a pixel. ${CONVERT}`);
  }
  if (interlaced) throw new Error(`The PNG is interlaced. ${CONVERT}`);
  return { width, height, depth, indexed: color === 3 };
}

/**
 * @param {Uint8Array[]} parts zlib's format, cut anywhere
 * @param {number} expected bytes of the result
 * @returns {Promise<Uint8Array>}
 */
async function inflate(parts, expected) {
  const stream = new DecompressionStream("deflate");
  const writing = feed(stream.writable.getWriter(), parts);
  // What goes wrong in writing also fails the reading, where it is reported.
  writing.catch(() => {});
  const result = new Uint8Array(expected);
  const reader = stream.readable.getReader();
  let used = 0;
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch {
      throw damaged("its pixels cannot be unpacked");
    }
    if (part.done) break;
    if (used + part.value.length > expected) {
      // Not waited for: a stream may only settle once the rest was unpacked.
      reader.cancel().catch(() => {});
      throw damaged("it holds more pixels than its size says");
    }
    result.set(part.value, used);
    used += part.value.length;
  }
  if (used < expected) throw damaged("it holds fewer pixels than its size says");
  return result;
}

/**
 * @param {WritableStreamDefaultWriter} writer
 * @param {Uint8Array[]} parts
 */
async function feed(writer, parts) {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE) {
      await writer.write(part.subarray(at, at + PIECE));
    }
  }
  await writer.close();
}

/**
 * Undoes the filters in place. A pixel has a byte or less, so its neighbor is one byte away.
 *
 * @param {Uint8Array} rows each with its filter type before it
 * @param {number} rowBytes bytes of a row without that
 * @param {number} height
 */
function unfilter(rows, rowBytes, height) {
  const stride = rowBytes + 1;
  for (let y = 0; y < height; y++) {
    const start = y * stride + 1;
    const type = rows[start - 1];
    if (type > 4) throw damaged(`row ${y + 1} has the unknown filter ${type}`);
    if (type === 0) continue;
    for (let i = start; i < start + rowBytes; i++) {
      const left = i > start ? rows[i - 1] : 0;
      const above = y > 0 ? rows[i - stride] : 0;
      if (type === 1) rows[i] += left;
      else if (type === 2) rows[i] += above;
      else if (type === 3) rows[i] += (left + above) >> 1;
      else rows[i] += paeth(left, above, y > 0 && i > start ? rows[i - stride - 1] : 0);
    }
  }
}

/**
 * @param {number} left
 * @param {number} above
 * @param {number} corner
 */
function paeth(left, above, corner) {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/**
 * @param {Uint8Array} rows
 * @param {number} rowBytes
 * @param {Header} header
 * @returns {LabelMap}
 */
function unpack(rows, rowBytes, { width, height, depth }) {
  const map = new LabelMap(width, height);
  const mask = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    const start = y * (rowBytes + 1) + 1;
    if (depth === 8) {
      map.data.set(rows.subarray(start, start + width), y * width);
      continue;
    }
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      map.data[y * width + x] = (rows[start + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return map;
}

/**
 * @param {LabelMap} map
 * @param {number} colors entries of the color table
 */
function checkIndices(map, colors) {
  for (let i = 0; i < map.data.length; i++) {
    if (map.data[i] >= colors) {
      throw damaged(`a pixel has color ${map.data[i]}, but its color table ends at ${colors - 1}`);
    }
  }
}

/**
 * @param {Uint8Array} palette
 * @returns {string[]}
 */
function hexColors(palette) {
  return Array.from({ length: palette.length / 3 }, (_, i) => {
    const digits = Array.from(palette.subarray(3 * i, 3 * i + 3), (value) =>
      value.toString(16).padStart(2, "0"),
    );
    return `#${digits.join("")}`;
  });
}

function cutOff() {
  return new Error(`The PNG is cut off. ${AGAIN}`);
}

/** @param {string} what */
function damaged(what) {
  return new Error(`The PNG is damaged: ${what}. ${AGAIN}`);
}
