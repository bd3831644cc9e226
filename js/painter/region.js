// @ts-check

import { Rect } from "./rect.js";

/**
 * Pixels of one class that belong together.
 *
 * @typedef {object} Region
 * @property {number} index 1..255, their class
 * @property {Rect} rect the smallest one that holds them
 * @property {Uint8Array} mask of `rect`, row by row: 1 where a pixel belongs to it, else 0
 */

/**
 * The pixels of a class that hang together: at sides or corners, or over a narrow gap, as a sail
 * that is drawn beside its mast.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {{x: number, y: number}} point in map pixels
 * @param {number} [reach] whole; gaps of up to twice as many pixels are crossed
 * @returns {Region | null} null where there is no class, or no pixel
 */
export function connectedRegion(map, point, reach = 0) {
  const { width, height, data } = map;
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  if (!(x >= 0 && x < width && y >= 0 && y < height)) return null;
  const index = data[y * width + x];
  if (index === 0) return null;
  const own = maskOf(map, index);
  const near = reach > 0 ? grown(own, width, height, reach) : own;
  const together = connected(near, width, height, y * width + x);
  if (near !== own) for (let i = 0; i < own.length; i++) together[i] &= own[i];
  return cutOut(map, index, together);
}

/**
 * @param {import("./label_map.js").LabelMap} map
 * @param {number} index 1..255
 * @returns {Region | null} all pixels of the class; null where it has none
 */
export function wholeClass(map, index) {
  return cutOut(map, index, maskOf(map, index));
}

/**
 * @param {import("./label_map.js").LabelMap} map
 * @param {number} index
 * @returns {Uint8Array} 1 for each pixel of the class
 */
function maskOf({ data }, index) {
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) mask[i] = data[i] === index ? 1 : 0;
  return mask;
}

/**
 * @param {import("./label_map.js").LabelMap} map
 * @param {number} index
 * @param {Uint8Array} mask of the whole map
 * @returns {Region | null} what the mask has; null where it has nothing
 */
function cutOut({ width, height }, index, mask) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    const row = mask.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    if (first < 0) continue;
    left = Math.min(left, first);
    right = Math.max(right, row.lastIndexOf(1) + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  const rect = new Rect(left, top, right, bottom);
  if (rect.isEmpty()) return null;
  const cut = new Uint8Array(rect.width * rect.height);
  for (let y = top; y < bottom; y++) {
    const row = mask.subarray(y * width + left, y * width + right);
    cut.set(row, (y - top) * rect.width);
  }
  return { index, rect, mask: cut };
}

/**
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {number} reach
 * @returns {Uint8Array} 1 for all pixels that are so near to one of the mask, along both sides
 */
function grown(mask, width, height, reach) {
  const wide = new Uint8Array(mask.length);
  for (let start = 0; start < mask.length; start += width) {
    // Views of the row, so that no search goes on into those below.
    const [from, to] = [mask, wide].map((whole) => whole.subarray(start, start + width));
    for (let i = from.indexOf(1); i >= 0; i = from.indexOf(1, i)) {
      const begin = i;
      while (from[i]) i++;
      to.fill(1, Math.max(0, begin - reach), i + reach);
    }
  }
  // Row by row, though columns grow: memory is read in order.
  const result = new Uint8Array(mask.length);
  const last = new Int32Array(width);
  const row = (/** @type {number} */ y) => {
    for (let x = 0, i = y * width; x < width; x++, i++) {
      if (wide[i]) last[x] = y;
      if (Math.abs(y - last[x]) <= reach) result[i] = 1;
    }
  };
  last.fill(-1 - reach);
  for (let y = 0; y < height; y++) row(y);
  last.fill(height + reach);
  for (let y = height - 1; y >= 0; y--) row(y);
  return result;
}

/**
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {number} start a position where the mask is 1
 * @returns {Uint8Array} 1 for what hangs together with it at sides or corners
 */
function connected(mask, width, height, start) {
  const inside = new Uint8Array(mask.length);
  const seeds = [start];
  /**
   * Puts the first pixel of each new run within a span of a row on the list.
   *
   * @param {number} begin position of the span's first pixel
   * @param {number} end position after its last
   */
  const scan = (begin, end) => {
    let before = false;
    for (let i = begin; i < end; i++) {
      const fits = mask[i] === 1 && !inside[i];
      if (fits && !before) seeds.push(i);
      before = fits;
    }
  };
  for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
    if (inside[seed]) continue;
    const y = Math.floor(seed / width);
    const row = y * width;
    let begin = seed;
    while (begin > row && mask[begin - 1]) begin--;
    let end = seed + 1;
    while (end < row + width && mask[end]) end++;
    inside.fill(1, begin, end);
    // One more on both sides, for the corners.
    const [left, right] = [Math.max(row, begin - 1), Math.min(row + width, end + 1)];
    if (y > 0) scan(left - width, right - width);
    if (y < height - 1) scan(left + width, right + width);
  }
  return inside;
}
