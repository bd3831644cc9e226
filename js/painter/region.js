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
  const own = data.map((value) => (value === index ? 1 : 0));
  const near = reach > 0 ? grown(own, width, height, reach) : own;
  const together = connected(near, width, height, y * width + x);
  return regionWhere(map, index, (i) => own[i] === 1 && together[i] === 1);
}

/**
 * @param {import("./label_map.js").LabelMap} map
 * @param {number} index 1..255
 * @returns {Region | null} all pixels of the class; null where it has none
 */
export function wholeClass(map, index) {
  return regionWhere(map, index, (i) => map.data[i] === index);
}

/**
 * @param {import("./label_map.js").LabelMap} map
 * @param {number} index
 * @param {(position: number) => boolean} belongs
 * @returns {Region | null}
 */
function regionWhere({ width, height }, index, belongs) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!belongs(i)) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  const rect = new Rect(left, top, right, bottom);
  if (rect.isEmpty()) return null;
  const mask = new Uint8Array(rect.width * rect.height);
  for (let y = top, to = 0; y < bottom; y++) {
    for (let i = y * width + left; i < y * width + right; i++, to++) {
      if (belongs(i)) mask[to] = 1;
    }
  }
  return { index, rect, mask };
}

/**
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {number} reach
 * @returns {Uint8Array} 1 for all pixels that are so near to one of the mask, along both sides
 */
function grown(mask, width, height, reach) {
  const wide = grownAlong(mask, { length: width, step: 1, lines: height, next: width }, reach);
  return grownAlong(wide, { length: height, step: width, lines: width, next: 1 }, reach);
}

/**
 * @param {Uint8Array} mask
 * @param {{length: number, step: number, lines: number, next: number}} shape of its rows or columns
 * @param {number} reach
 * @returns {Uint8Array}
 */
function grownAlong(mask, { length, step, lines, next }, reach) {
  const result = new Uint8Array(mask.length);
  for (let line = 0; line < lines; line++) {
    const start = line * next;
    // Up to where the last pixel reaches.
    let end = 0;
    for (let at = 0; at < length; at++) {
      if (!mask[start + at * step]) continue;
      const last = Math.min(length, at + reach + 1);
      for (let i = Math.max(end, at - reach); i < last; i++) result[start + i * step] = 1;
      end = last;
    }
  }
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
