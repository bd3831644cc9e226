// @ts-check

/** So many lines at most: more are slow to draw, and too dense to be seen. */
const MOST = 20_000;

/**
 * The border of a region as the path of an SVG, in pixels of its own rectangle.
 *
 * @param {import("./region.js").Region} region
 * @returns {string} "" where its border has too many parts
 */
export function regionOutline({ rect, mask }) {
  const { width, height } = rect;
  /** @type {string[]} */
  const lines = [];
  /** Where the line at the left side of each column began; -1 is none. */
  const begins = new Int32Array(width + 1).fill(-1);
  for (let y = 0; y <= height && lines.length <= MOST; y++) {
    const row = y * width;
    let begin = -1;
    for (let x = 0; x <= width; x++) {
      const here = x < width && y < height ? mask[row + x] : 0;
      const above = x < width && y > 0 ? mask[row + x - width] : 0;
      if (here !== above && begin < 0) begin = x;
      if (here === above && begin >= 0) {
        lines.push(`M${begin} ${y}h${x - begin}`);
        begin = -1;
      }
      const left = x > 0 && y < height ? mask[row + x - 1] : 0;
      if (here !== left && begins[x] < 0) begins[x] = y;
      if (here === left && begins[x] >= 0) {
        lines.push(`M${x} ${begins[x]}v${y - begins[x]}`);
        begins[x] = -1;
      }
    }
  }
  return lines.length > MOST ? "" : lines.join("");
}
