// @ts-check

import { Rect } from "./rect.js";

/** @typedef {import("./label_map.js").LabelMap} LabelMap */
/** @typedef {import("./region.js").Region} Region */

/** Not yet seen. */
const FAR = Infinity;
/**
 * Of two pixels equally far away the one of the class that the region has more border with wins.
 * Squares of distances are whole, so the rank of a class, as a fraction, decides nothing else.
 */
const RANKS = 256;

/**
 * Fills the place of a region from what surrounds it: each pixel takes the class of the nearest
 * pixel around the region, void included. What the region encloses stays, and does not spread
 * unless there is nothing else.
 *
 * @param {LabelMap} map whose pixels of the region are replaced
 * @param {Region} region of this map
 * @param {number} [leastShare] of the border, 0..1: classes with less of it hardly touch the region
 *   and do not spread either
 */
export function fillGap(map, region, leastShare = 0) {
  // The nearest pixel outside is never farther away than the ring around the region.
  const { left, top, right, bottom } = region.rect;
  const area = new Rect(left - 1, top - 1, right + 1, bottom + 1).clipped(map.width, map.height);
  const gap = spread(region, area);
  const sources = surroundings(gap, area, region.rect);
  const border = borderOf(map, area, gap, sources);
  dropSmall(map, area, sources, border, leastShare);
  const { costs, found } = nearestInColumn(map, area, gap, sources, ranks(border));
  fillRows(map, area, gap, costs, found);
}

/**
 * @param {Region} region
 * @param {Rect} area around it
 * @returns {Uint8Array} the region's mask, of the whole area
 */
function spread({ rect, mask }, area) {
  const gap = new Uint8Array(area.width * area.height);
  for (let y = 0; y < rect.height; y++) {
    const to = (y + rect.top - area.top) * area.width + rect.left - area.left;
    gap.set(mask.subarray(y * rect.width, (y + 1) * rect.width), to);
  }
  return gap;
}

/**
 * @param {Uint8Array} gap
 * @param {Rect} area
 * @param {Rect} inner the area without its ring, where the picture does not end before
 * @returns {Uint8Array} 1 for each pixel that hangs together with the ring at its sides; for each
 *   pixel beside the gap, where there is none
 */
function surroundings(gap, area, inner) {
  const { width, height } = area;
  const seen = new Uint8Array(gap.length);
  const stack = new Int32Array(gap.length);
  let used = 0;
  const visit = (/** @type {number} */ i) => {
    if (gap[i] || seen[i]) return;
    seen[i] = 1;
    stack[used++] = i;
  };
  if (area.top < inner.top) for (let x = 0; x < width; x++) visit(x);
  if (area.bottom > inner.bottom) for (let x = 0; x < width; x++) visit((height - 1) * width + x);
  if (area.left < inner.left) for (let y = 0; y < height; y++) visit(y * width);
  if (area.right > inner.right) for (let y = 0; y < height; y++) visit((y + 1) * width - 1);
  if (used === 0) return gap.map((value) => 1 - value);
  while (used > 0) {
    const i = stack[--used];
    const x = i % width;
    if (x > 0) visit(i - 1);
    if (x < width - 1) visit(i + 1);
    if (i >= width) visit(i - width);
    if (i < gap.length - width) visit(i + width);
  }
  return seen;
}

/**
 * @param {LabelMap} map
 * @param {Rect} area
 * @param {Uint8Array} gap
 * @param {Uint8Array} sources
 * @returns {Float64Array} for each index how many of its sources touch the gap at a side
 */
function borderOf(map, area, gap, sources) {
  const { width } = area;
  const border = new Float64Array(256);
  for (let i = 0; i < gap.length; i++) {
    if (!sources[i]) continue;
    const x = i % width;
    const touches =
      (x > 0 && gap[i - 1]) || (x < width - 1 && gap[i + 1]) || gap[i - width] || gap[i + width];
    if (touches) border[valueAt(map, area, i)]++;
  }
  return border;
}

/**
 * Takes off the sources that hardly touch the gap.
 *
 * @param {LabelMap} map
 * @param {Rect} area
 * @param {Uint8Array} sources changed in place
 * @param {Float64Array} border
 * @param {number} leastShare
 */
function dropSmall(map, area, sources, border, leastShare) {
  const total = border.reduce((sum, count) => sum + count, 0);
  // One class remains, however many there are.
  const least = Math.min(leastShare * total, Math.max(...border));
  for (let y = 0, i = 0; y < area.height; y++) {
    const row = (y + area.top) * map.width + area.left;
    for (let x = 0; x < area.width; x++, i++) {
      if (sources[i] && border[map.data[row + x]] < least) sources[i] = 0;
    }
  }
}

/**
 * @param {Float64Array} border
 * @returns {Float64Array} for each index 0..1, without 1: the less, the more border it has
 */
function ranks(border) {
  const order = Array.from(border.keys()).sort((a, b) => border[b] - border[a]);
  const result = new Float64Array(256);
  order.forEach((index, rank) => (result[index] = rank / RANKS));
  return result;
}

/**
 * The nearest source above or below each pixel.
 *
 * @param {LabelMap} map
 * @param {Rect} area
 * @param {Uint8Array} gap
 * @param {Uint8Array} sources
 * @param {Float64Array} rank
 * @returns {{costs: Float64Array, found: Uint8Array}} its distance squared plus its rank, `FAR`
 *   where its column has none; and its class
 */
function nearestInColumn(map, area, gap, sources, rank) {
  const { width, height } = area;
  const costs = new Float64Array(gap.length).fill(FAR);
  const found = new Uint8Array(gap.length);
  const last = new Int32Array(width);
  const value = new Uint8Array(width);
  /** @param {number} y */
  const row = (y) => {
    const to = (y + area.top) * map.width + area.left;
    for (let x = 0, i = y * width; x < width; x++, i++) {
      if (sources[i]) {
        last[x] = y;
        value[x] = map.data[to + x];
      } else if (last[x] < 0) {
        continue;
      }
      const cost = (y - last[x]) ** 2 + rank[value[x]];
      if (cost >= costs[i]) continue;
      costs[i] = cost;
      found[i] = value[x];
    }
  };
  last.fill(-1);
  for (let y = 0; y < height; y++) row(y);
  last.fill(-1);
  for (let y = height - 1; y >= 0; y--) row(y);
  return { costs, found };
}

/**
 * Fills the gap, row by row, from the least of (distance along the row)² + cost: the lower envelope
 * of a parabola over each pixel (Felzenszwalb and Huttenlocher 2012).
 *
 * @param {LabelMap} map
 * @param {Rect} area
 * @param {Uint8Array} gap
 * @param {Float64Array} costs
 * @param {Uint8Array} found
 */
function fillRows(map, area, gap, costs, found) {
  const { width, height } = area;
  const centers = new Int32Array(width);
  const begins = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    if (gap.indexOf(1, row) >= row + width) continue;
    let used = 0;
    for (let x = 0; x < width; x++) {
      const cost = costs[row + x];
      if (cost === FAR) continue;
      let begin = -Infinity;
      while (used > 0) {
        const center = centers[used - 1];
        const other = costs[row + center];
        begin = (cost + x * x - other - center * center) / (2 * (x - center));
        if (begin > begins[used - 1]) break;
        used--;
        begin = -Infinity;
      }
      centers[used] = x;
      begins[used++] = begin;
    }
    begins[used] = Infinity;
    let at = 0;
    const to = (y + area.top) * map.width + area.left;
    for (let x = 0; x < width; x++) {
      if (!gap[row + x]) continue;
      while (begins[at + 1] < x) at++;
      // A region that is the whole picture has nothing around it.
      map.data[to + x] = used ? found[row + centers[at]] : 0;
    }
  }
}

/**
 * @param {LabelMap} map
 * @param {Rect} area
 * @param {number} i position within the area
 * @returns {number} the index there
 */
function valueAt(map, area, i) {
  const y = Math.floor(i / area.width);
  return map.data[(area.top + y) * map.width + area.left + (i - y * area.width)];
}
