// @ts-check

import { checkIndex } from "./check_index.js";
import { Rect } from "./rect.js";

/**
 * Fills the area of one class around a point, as far as pixels touch at their sides.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {{x: number, y: number}} point in map pixels; outside nothing is filled
 * @param {number} index 0..255
 * @returns {Rect} what changed
 */
export function fillArea(map, point, index) {
  checkIndex(index);
  const { width, height, data } = map;
  const [startX, startY] = [Math.floor(point.x), Math.floor(point.y)];
  if (!(startX >= 0 && startX < width && startY >= 0 && startY < height)) return Rect.EMPTY;
  const old = data[startY * width + startX];
  if (old === index) return Rect.EMPTY;

  let [left, top, right, bottom] = [width, height, 0, 0];
  const seeds = [startY * width + startX];
  /**
   * Puts the first pixel of each run of the old class within a span of a row on the list.
   *
   * @param {number} begin position of the span's first pixel
   * @param {number} end position after its last
   */
  const scan = (begin, end) => {
    let inside = false;
    for (let i = begin; i < end; i++) {
      const fits = data[i] === old;
      if (fits && !inside) seeds.push(i);
      inside = fits;
    }
  };
  for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
    if (data[seed] !== old) continue;
    const y = Math.floor(seed / width);
    const row = y * width;
    let begin = seed;
    while (begin > row && data[begin - 1] === old) begin--;
    let end = seed + 1;
    while (end < row + width && data[end] === old) end++;
    data.fill(index, begin, end);
    if (y > 0) scan(begin - width, end - width);
    if (y < height - 1) scan(begin + width, end + width);
    left = Math.min(left, begin - row);
    right = Math.max(right, end - row);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return new Rect(left, top, right, bottom);
}
