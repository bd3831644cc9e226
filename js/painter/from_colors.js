// @ts-check

import { LabelMap } from "./label_map.js";

const MAX_COLORS = 255;

/**
 * Reads a color map with hard edges: every color is a class of its own, numbered from the one that
 * covers most. Pixels more transparent than not are void.
 *
 * @param {Uint8ClampedArray} rgba row by row, 4 bytes a pixel, as a canvas gives them
 * @param {number} width columns, 1..4096
 * @param {number} height rows, 1..4096
 * @returns {{map: LabelMap, colors: string[]}} `colors[i]`, "#rrggbb", is that of the index `i + 1`
 * @throws {Error} more than 255 colors
 */
export function fromColors(rgba, width, height) {
  const map = new LabelMap(width, height);
  if (rgba.length !== 4 * map.data.length) {
    throw new RangeError(
      `rgba: ${rgba.length} bytes, but a picture of ${width}×${height} has ` +
        `${4 * map.data.length}; give four for each pixel`,
    );
  }
  /** @type {Map<number, number>} found as they come, numbered from 1 on */
  const numbers = new Map();
  for (let i = 0; i < map.data.length; i++) {
    if (isVoid(rgba, i)) continue;
    const color = packed(rgba, i);
    let number = numbers.get(color);
    if (number === undefined) {
      number = numbers.size + 1;
      if (number > MAX_COLORS) throw new Error(tooMany(countColors(rgba)));
      numbers.set(color, number);
    }
    map.data[i] = number;
  }
  const counts = map.counts();
  const found = [...numbers].sort(
    ([color, number], [otherColor, other]) => counts[other] - counts[number] || color - otherColor,
  );
  const renumbered = new Uint8Array(256);
  found.forEach(([, number], i) => (renumbered[number] = i + 1));
  for (let i = 0; i < map.data.length; i++) map.data[i] = renumbered[map.data[i]];
  return { map, colors: found.map(([color]) => `#${color.toString(16).padStart(6, "0")}`) };
}

/**
 * @param {Uint8ClampedArray} rgba
 * @param {number} pixel
 */
function isVoid(rgba, pixel) {
  return rgba[4 * pixel + 3] < 128;
}

/**
 * @param {Uint8ClampedArray} rgba
 * @param {number} pixel
 * @returns {number} 0xrrggbb
 */
function packed(rgba, pixel) {
  return (rgba[4 * pixel] << 16) | (rgba[4 * pixel + 1] << 8) | rgba[4 * pixel + 2];
}

/** @param {Uint8ClampedArray} rgba */
function countColors(rgba) {
  // One bit for every possible color: a photograph may have millions.
  const seen = new Uint8Array(2 ** 21);
  let count = 0;
  for (let i = 0; 4 * i < rgba.length; i++) {
    if (isVoid(rgba, i)) continue;
    const color = packed(rgba, i);
    const bit = 1 << (color & 7);
    if (!(seen[color >> 3] & bit)) count++;
    seen[color >> 3] |= bit;
  }
  return count;
}

/** @param {number} count */
function tooMany(count) {
  return (
    `The picture has ${count} colors; a map to paint on has at most ${MAX_COLORS}, each a class. ` +
    "Save it without blurred edges and as PNG, not JPEG; or load it with Load Image and connect " +
    "Segmentation to LCM, which reads blurred maps."
  );
}
