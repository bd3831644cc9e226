// @ts-check

import { checkIndex } from "./check_index.js";
import { Rect } from "./rect.js";

/** @typedef {import("./label_map.js").LabelMap} LabelMap */
/** @typedef {{x: number, y: number}} Point in map pixels; (0.5, 0.5) is the first one's center */

/**
 * Paints a straight part of a stroke with a round, hard-edged brush.
 *
 * A pixel belongs to it when its center is within half the diameter of the segment. Up to a
 * diameter of 1 it is a line one pixel wide, whose pixels touch at least at their corners.
 *
 * @param {LabelMap} map
 * @param {Point} from may lie outside
 * @param {Point} to may lie outside; the same as `from` paints a dot
 * @param {number} diameter pixels, above 0
 * @param {number} index 0..255
 * @returns {Rect} what may have changed
 */
export function strokeSegment(map, from, to, diameter, index) {
  checkIndex(index);
  if (!(diameter > 0 && diameter < Infinity)) {
    throw new RangeError(`diameter: ${diameter}; a brush is wider than 0 pixels`);
  }
  if (![from.x, from.y, to.x, to.y].every(Number.isFinite)) return Rect.EMPTY;
  let changed = Rect.EMPTY;
  // A brush this small fits between pixel centers; its line keeps the stroke whole.
  if (diameter < 2) changed = thinLine(map, from, to, index);
  if (diameter > 1) changed = changed.union(capsule(map, from, to, diameter / 2, index));
  return changed;
}

/**
 * @param {LabelMap} map
 * @param {Point} from
 * @param {Point} to
 * @param {number} index
 */
function thinLine(map, from, to, index) {
  const [x0, y0, x1, y1] = [from.x, from.y, to.x, to.y].map(Math.floor);
  const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
  // Along the major axis there is one pixel for each step.
  const [major0, minor0, major1, minor1] = steep ? [y0, x0, y1, x1] : [x0, y0, x1, y1];
  const [majorEnd, minorEnd] = steep ? [map.height, map.width] : [map.width, map.height];
  const slope = major1 === major0 ? 0 : (minor1 - minor0) / (major1 - major0);
  const first = Math.max(0, Math.min(major0, major1));
  const last = Math.min(majorEnd - 1, Math.max(major0, major1));
  let changed = Rect.EMPTY;
  let [low, high] = [Infinity, -Infinity];
  let [start, end] = [Infinity, -Infinity];
  for (let major = first; major <= last; major++) {
    const minor = Math.round(minor0 + (major - major0) * slope);
    if (minor < 0 || minor >= minorEnd) continue;
    map.data[steep ? major * map.width + minor : minor * map.width + major] = index;
    low = Math.min(low, minor);
    high = Math.max(high, minor);
    start = Math.min(start, major);
    end = major;
  }
  if (start <= end) {
    changed = steep
      ? new Rect(low, start, high + 1, end + 1)
      : new Rect(start, low, end + 1, high + 1);
  }
  return changed;
}

/**
 * @param {LabelMap} map
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @param {number} index
 */
function capsule(map, from, to, radius, index) {
  const top = Math.max(0, Math.ceil(Math.min(from.y, to.y) - radius - 0.5));
  const bottom = Math.min(map.height, Math.floor(Math.max(from.y, to.y) + radius - 0.5) + 1);
  let changed = Rect.EMPTY;
  for (let y = top; y < bottom; y++) {
    // A capsule is convex: in each row it is one span, the hull of its three parts.
    const spans = [
      discSpan(from, radius, y + 0.5),
      discSpan(to, radius, y + 0.5),
      barSpan(from, to, radius, y + 0.5),
    ];
    const left = Math.max(0, Math.ceil(Math.min(...spans.map((s) => s[0])) - 0.5));
    const right = Math.min(map.width, Math.floor(Math.max(...spans.map((s) => s[1])) - 0.5) + 1);
    if (left >= right) continue;
    map.data.fill(index, y * map.width + left, y * map.width + right);
    changed = changed.union(new Rect(left, y, right, y + 1));
  }
  return changed;
}

const NOTHING = [Infinity, -Infinity];

/**
 * @param {Point} center
 * @param {number} radius
 * @param {number} y
 * @returns {number[]} first and last x inside at the height `y`
 */
function discSpan(center, radius, y) {
  const square = radius ** 2 - (y - center.y) ** 2;
  if (square < 0) return NOTHING;
  const half = Math.sqrt(square);
  return [center.x - half, center.x + half];
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @param {number} y
 * @returns {number[]} first and last x, at the height `y`, of the rectangle between the two discs
 */
function barSpan(from, to, radius, y) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length < 1e-9) return NOTHING;
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const down = y - from.y;
  const along = solve(ux, down * uy, 0, length);
  const across = solve(uy, -down * ux, -radius, radius);
  const span = [Math.max(along[0], across[0]), Math.min(along[1], across[1])];
  return span[0] <= span[1] ? [from.x + span[0], from.x + span[1]] : NOTHING;
}

/**
 * @param {number} factor
 * @param {number} offset
 * @param {number} low
 * @param {number} high
 * @returns {number[]} the interval of x in which `low <= factor * x + offset <= high`
 */
function solve(factor, offset, low, high) {
  if (Math.abs(factor) < 1e-12) {
    return offset >= low && offset <= high ? [-Infinity, Infinity] : NOTHING;
  }
  const ends = [(low - offset) / factor, (high - offset) / factor];
  return factor > 0 ? ends : ends.reverse();
}
