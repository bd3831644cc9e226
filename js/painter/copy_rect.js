// @ts-check

/** @typedef {import("./label_map.js").LabelMap} LabelMap */

/**
 * @param {LabelMap} from
 * @param {LabelMap} to of the same size
 * @param {import("./rect.js").Rect} rect within both
 */
export function copyRect(from, to, rect) {
  for (let y = rect.top; y < rect.bottom; y++) {
    const start = y * from.width + rect.left;
    to.data.set(from.data.subarray(start, start + rect.width), start);
  }
}
