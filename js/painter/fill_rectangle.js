// @ts-check

import { checkIndex } from "./check_index.js";
import { Rect } from "./rect.js";

/**
 * Fills the rectangle between two opposite corners, the pixels under both included.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {{x: number, y: number}} from in map pixels, may lie outside
 * @param {{x: number, y: number}} to in map pixels, may lie outside
 * @param {number} index 0..255
 * @returns {Rect} what changed
 */
export function fillRectangle(map, from, to, index) {
  checkIndex(index);
  if (![from.x, from.y, to.x, to.y].every(Number.isFinite)) return Rect.EMPTY;
  const rect = new Rect(
    Math.floor(Math.min(from.x, to.x)),
    Math.floor(Math.min(from.y, to.y)),
    Math.floor(Math.max(from.x, to.x)) + 1,
    Math.floor(Math.max(from.y, to.y)) + 1,
  ).clipped(map.width, map.height);
  for (let y = rect.top; y < rect.bottom; y++) {
    map.data.fill(index, y * map.width + rect.left, y * map.width + rect.right);
  }
  return rect;
}
