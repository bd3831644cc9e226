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
  const lines = [];
  /**
   * Lines where two neighboring rows or columns differ.
   *
   * @param {number} count of the rows
   * @param {number} length of a row
   * @param {(at: number, along: number) => number} value 0 outside
   * @param {(at: number, along: number, length: number) => string} line
   */
  const trace = (count, length, value, line) => {
    for (let at = 0; at <= count && lines.length <= MOST; at++) {
      let begin = -1;
      for (let along = 0; along <= length; along++) {
        const differs = along < length && value(at - 1, along) !== value(at, along);
        if (differs && begin < 0) begin = along;
        if (differs || begin < 0) continue;
        lines.push(line(at, begin, along - begin));
        begin = -1;
      }
    }
  };
  const pixel = (/** @type {number} */ x, /** @type {number} */ y) =>
    x >= 0 && x < width && y >= 0 && y < height ? mask[y * width + x] : 0;
  trace(
    height,
    width,
    (y, x) => pixel(x, y),
    (y, x, length) => `M${x} ${y}h${length}`,
  );
  trace(
    width,
    height,
    (x, y) => pixel(x, y),
    (x, y, length) => `M${x} ${y}v${length}`,
  );
  return lines.length > MOST ? "" : lines.join("");
}
