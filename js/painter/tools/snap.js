// @ts-check

/** @typedef {{x: number, y: number}} Point */

/**
 * @param {Point} from
 * @param {Point} to
 * @returns {Point} `to`, moved so that the line has an angle of a multiple of 45°
 */
export function snapAngle(from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const step = Math.PI / 4;
  const angle = Math.round(Math.atan2(dy, dx) / step) * step;
  const length = dx * Math.cos(angle) + dy * Math.sin(angle);
  return { x: from.x + length * Math.cos(angle), y: from.y + length * Math.sin(angle) };
}

/**
 * @param {Point} from
 * @param {Point} to
 * @returns {Point} `to`, moved so that both are opposite corners of a square
 */
export function snapSquare(from, to) {
  // Whole pixels apart, as both pixels belong to the rectangle.
  const side = Math.round(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)));
  const sign = (/** @type {number} */ value) => (value < 0 ? -1 : 1);
  return { x: from.x + side * sign(to.x - from.x), y: from.y + side * sign(to.y - from.y) };
}
