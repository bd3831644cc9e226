// @ts-check

import { Rect } from "./rect.js";

/** @typedef {import("./region.js").Region} Region */

/**
 * Draws a region, moved and scaled so that it fills a box, by nearest neighbor: each pixel takes
 * the one its center falls on, so none is in between.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {Region} region
 * @param {Rect} box may lie outside in part
 * @returns {Rect} the part of the box within the map
 */
export function placeRegion(map, region, box) {
  const inside = box.clipped(map.width, map.height);
  const columns = new Int32Array(inside.width);
  for (let x = inside.left; x < inside.right; x++) {
    columns[x - inside.left] = source(x - box.left, box.width, region.rect.width);
  }
  for (let y = inside.top; y < inside.bottom; y++) {
    const from = source(y - box.top, box.height, region.rect.height) * region.rect.width;
    const to = y * map.width + inside.left;
    for (let i = 0; i < columns.length; i++) {
      if (region.mask[from + columns[i]]) map.data[to + i] = region.index;
    }
  }
  return inside;
}

/**
 * @param {Region} region
 * @param {Rect} box where it is
 * @param {{x: number, y: number}} point in map pixels
 * @returns {boolean} whether the point lies on it
 */
export function isOnRegion(region, box, point) {
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  if (!(x >= box.left && x < box.right && y >= box.top && y < box.bottom)) return false;
  const column = source(x - box.left, box.width, region.rect.width);
  const row = source(y - box.top, box.height, region.rect.height);
  return region.mask[row * region.rect.width + column] === 1;
}

/**
 * @param {number} at pixel of the result
 * @param {number} size of the result
 * @param {number} original size
 * @returns {number} the pixel of the original
 */
function source(at, size, original) {
  // Twice the position keeps the numerator whole, so no rounding moves a center across an edge.
  return Math.floor(((2 * at + 1) * original) / (2 * size));
}
