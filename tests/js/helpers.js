// What several tests need.

import assert from "node:assert/strict";

import { LabelMap } from "../../js/painter/label_map.js";
import { strokeSegment } from "../../js/painter/stroke.js";

/** Random numbers that are the same at each run (mulberry32). */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed;
  }

  /** @returns {number} 0..1, without 1 */
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * @param {number} low
   * @param {number} high
   * @returns {number} low..high, without high
   */
  between(low, high) {
    return low + (high - low) * this.fraction();
  }

  /**
   * @param {number} end
   * @returns {number} whole, 0..end-1
   */
  below(end) {
    return Math.floor(this.fraction() * end);
  }

  /**
   * @template T
   * @param {T[]} list
   * @returns {T}
   */
  of(list) {
    return list[this.below(list.length)];
  }

  /**
   * @param {number} low
   * @param {number} high
   * @returns {{x: number, y: number}}
   */
  point(low, high) {
    return { x: this.between(low, high), y: this.between(low, high) };
  }
}

/**
 * @param {string[]} rows a digit for each pixel
 * @returns {LabelMap}
 */
export function mapOf(...rows) {
  return new LabelMap(rows[0].length, rows.length, Uint8Array.from(rows.join(""), Number));
}

/**
 * @param {LabelMap} map with indices below 10
 * @returns {string[]} as `mapOf` takes them
 */
export function rowsOf({ width, height, data }) {
  return Array.from({ length: height }, (_, y) =>
    data.subarray(y * width, (y + 1) * width).join(""),
  );
}

/**
 * @param {Random} random
 * @param {number} width
 * @param {number} height
 * @returns {LabelMap} every pixel of its own
 */
export function noise(random, width, height) {
  const map = new LabelMap(width, height);
  for (let i = 0; i < map.data.length; i++) map.data[i] = random.below(256);
  return map;
}

/**
 * @param {Random} random
 * @param {number} width
 * @param {number} height
 * @param {number} classes
 * @returns {LabelMap} something painted, with all indices of 0 to `classes` if it has the room
 */
export function scene(random, width, height, classes) {
  const map = new LabelMap(width, height);
  for (let i = 0; i < 40; i++) {
    const [from, to] = [0, 1].map(() => ({
      x: random.between(0, width),
      y: random.between(0, height),
    }));
    strokeSegment(map, from, to, random.between(1, 1 + width / 6), 1 + random.below(classes));
  }
  for (let i = 0; i <= classes && i < map.data.length; i++) map.data[i] = i;
  return map;
}

/**
 * Names the first pixel that differs; a comparison of whole arrays would print them.
 *
 * @param {LabelMap} found
 * @param {LabelMap} expected
 * @param {string} [where]
 */
export function assertSameMap(found, expected, where = "") {
  const size = ({ width, height }) => `${width}×${height}`;
  assert.equal(size(found), size(expected), where);
  const pixel = found.data.findIndex((value, i) => value !== expected.data[i]);
  if (pixel < 0) return;
  const place = `(${pixel % found.width}, ${Math.floor(pixel / found.width)})`;
  assert.fail(`${where} ${place} is ${found.data[pixel]}, wanted ${expected.data[pixel]}`);
}

/**
 * A rectangle that a tool reports must hold whatever it changed, and lie in the map.
 *
 * @param {LabelMap} before
 * @param {LabelMap} after
 * @param {import("../../js/painter/rect.js").Rect} rect
 */
export function assertChangedWithin(before, after, rect) {
  const { left, top, right, bottom } = rect;
  const shown = JSON.stringify(rect);
  if (!rect.isEmpty()) {
    assert.ok(left >= 0 && top >= 0 && right <= after.width && bottom <= after.height, shown);
  }
  after.data.forEach((value, i) => {
    if (value === before.data[i]) return;
    const [x, y] = [i % after.width, Math.floor(i / after.width)];
    assert.ok(x >= left && x < right && y >= top && y < bottom, `(${x}, ${y}) is not in ${shown}`);
  });
}

/** Names that have broken software before; each stays as it is. */
export const ODD_NAMES = {
  quotes: "\"sky\" 'sea' `tree`",
  HTML: '<img src=x onerror="alert(1)">&amp;',
  emoji: "👩‍👩‍👧 family 🏔️",
  "right to left": "עץ שָׁלוֹם \u202eabc\u202c",
  escapes: "a\\nb %s {0} ${x}",
  "a property of objects": "__proto__",
  "200 emoji": "😀".repeat(200),
};
