// @ts-check

import { checkIndex } from "./check_index.js";
import { Rect } from "./rect.js";

/**
 * Fills a closed polygon by the even-odd rule: the pixels whose centers are inside.
 *
 * A center on an edge belongs to the polygon right of or below it, so that neighbors with a common
 * edge neither overlap nor leave a gap.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {{x: number, y: number}[]} points in map pixels, may lie outside; the last is joined to
 *   the first. Fewer than 3 fill nothing.
 * @param {number} index 0..255
 * @returns {Rect} what changed
 */
export function fillPolygon(map, points, index) {
  checkIndex(index);
  if (!points.every((p) => Number.isFinite(p.x) && Number.isFinite(p.y))) return Rect.EMPTY;
  const crossings = findCrossings(map.height, points);
  let changed = Rect.EMPTY;
  for (const [y, xs] of crossings) {
    xs.sort((a, b) => a - b);
    for (let i = 0; i + 1 < xs.length; i += 2) {
      const left = Math.max(0, Math.ceil(xs[i] - 0.5));
      const right = Math.min(map.width, Math.ceil(xs[i + 1] - 0.5));
      if (left >= right) continue;
      map.data.fill(index, y * map.width + left, y * map.width + right);
      changed = changed.union(new Rect(left, y, right, y + 1));
    }
  }
  return changed;
}

/**
 * @param {number} height rows of the map
 * @param {{x: number, y: number}[]} points
 * @returns {Map<number, number[]>} for each row, where the edges cross the line of its centers
 */
function findCrossings(height, points) {
  /** @type {Map<number, number[]>} */
  const crossings = new Map();
  points.forEach((point, i) => {
    const next = points[(i + 1) % points.length];
    // Always from top to bottom: the same edge of two polygons must be rounded the same way.
    const [upper, lower] = point.y <= next.y ? [point, next] : [next, point];
    const slope = (lower.x - upper.x) / (lower.y - upper.y);
    const first = Math.max(0, Math.ceil(upper.y - 0.5));
    const end = Math.min(height, Math.ceil(lower.y - 0.5));
    for (let y = first; y < end; y++) {
      const x = upper.x + (y + 0.5 - upper.y) * slope;
      const row = crossings.get(y);
      if (row) row.push(x);
      else crossings.set(y, [x]);
    }
  });
  return crossings;
}
