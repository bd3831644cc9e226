// @ts-check

import { Rect } from "./rect.js";

/** @typedef {{x: number, y: number}} Point */

/**
 * @typedef {object} Handle a point of a box by which it is scaled
 * @property {-1 | 0 | 1} x -1 is the left side, 1 the right one
 * @property {-1 | 0 | 1} y -1 is the upper side, 1 the lower one
 */

/** No box has more pixels a side: four times the largest drawing. */
const MAX_SIDE = 16384;

const SIDES = /** @type {const} */ ([-1, 0, 1]);
/** @type {readonly Handle[]} all but the middle */
export const HANDLES = SIDES.flatMap((y) => SIDES.map((x) => ({ x, y }))).filter(
  ({ x, y }) => x !== 0 || y !== 0,
);

/**
 * @param {Handle} handle
 * @param {Rect} box
 * @returns {Point} where it is, on the edge of the box
 */
export function handlePoint({ x, y }, box) {
  return {
    x: box.left + ((1 + x) / 2) * box.width,
    y: box.top + ((1 + y) / 2) * box.height,
  };
}

/**
 * The handle under a point. In the middle of a small box there is none, so that it can be moved.
 *
 * @param {Rect} box
 * @param {Point} point
 * @param {number} reach how far away a handle can be grasped, in pixels of the drawing
 * @returns {Handle | null}
 */
export function handleAt(box, point, reach) {
  let nearest = null;
  let least = Infinity;
  for (const handle of HANDLES) {
    const { x, y } = handlePoint(handle, box);
    const [dx, dy] = [point.x - x, point.y - y];
    if (!fits(dx, handle.x, box.width, reach) || !fits(dy, handle.y, box.height, reach)) continue;
    const distance = Math.hypot(dx, dy);
    if (distance >= least) continue;
    nearest = handle;
    least = distance;
  }
  return nearest;
}

/**
 * @param {number} distance from the handle
 * @param {number} side on which it is
 * @param {number} size of the box
 * @param {number} reach
 */
function fits(distance, side, size, reach) {
  const inward = Math.min(reach, size / 4);
  if (side === 0) return Math.abs(distance) <= inward;
  return side * distance <= reach && side * distance >= -inward;
}

/**
 * @param {Rect} box
 * @param {number} dx whole pixels
 * @param {number} dy whole pixels
 * @param {{width: number, height: number}} map
 * @returns {Rect} the box moved, but never out of the picture altogether
 */
export function movedBox(box, dx, dy, map) {
  const left = limited(box.left + dx, 1 - box.width, map.width - 1);
  const top = limited(box.top + dy, 1 - box.height, map.height - 1);
  return new Rect(left, top, left + box.width, top + box.height);
}

/**
 * @param {Rect} box
 * @param {Handle} handle the one that is dragged; what is opposite stays where it is
 * @param {number} dx pixels
 * @param {number} dy pixels
 * @param {boolean} keepsRatio of width to height, at a corner
 * @returns {Rect} of one pixel a side at least
 */
export function scaledBox(box, handle, dx, dy, keepsRatio) {
  let width = box.width + handle.x * dx;
  let height = box.height + handle.y * dy;
  if (keepsRatio && handle.x && handle.y) {
    const scale = Math.max(width / box.width, height / box.height, 0);
    [width, height] = [scale * box.width, scale * box.height];
  }
  width = limited(Math.round(width), 1, MAX_SIDE);
  height = limited(Math.round(height), 1, MAX_SIDE);
  const left = handle.x < 0 ? box.right - width : box.left;
  const top = handle.y < 0 ? box.bottom - height : box.top;
  return new Rect(left, top, left + width, top + height);
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
function limited(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
