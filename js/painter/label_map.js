// @ts-check

/**
 * @typedef {"stretch" | "crop" | "extend" | "canvas"} Fit how a map becomes one of another shape:
 *   scaled in width and height apart; scaled evenly, what is beyond cut off, or what is missing
 *   void; or cut or extended without being scaled. The middle stays the middle
 */

/** The classes of a drawing, one byte a pixel: 0 is void, 1..255 entries of the class list. */
export class LabelMap {
  static MAX_SIDE = 4096;

  /**
   * @param {number} width columns, 1..4096
   * @param {number} height rows, 1..4096
   * @param {Uint8Array} [data] row by row, `width * height` long; taken over, not copied. Without
   *   it everything is void.
   */
  constructor(width, height, data) {
    checkSide("width", width);
    checkSide("height", height);
    if (data && data.length !== width * height) {
      throw new RangeError(
        `data: ${data.length} bytes, but a map of ${width}×${height} has ${width * height}; ` +
          "give one byte for each pixel",
      );
    }
    this.width = width;
    this.height = height;
    this.data = data ?? new Uint8Array(width * height);
  }

  /**
   * @param {number} x whole, 0..width-1
   * @param {number} y whole, 0..height-1
   * @returns {number} 0..255
   */
  get(x, y) {
    return this.data[this.#position(x, y)];
  }

  /**
   * @param {number} x whole, 0..width-1
   * @param {number} y whole, 0..height-1
   * @param {number} index 0..255
   */
  set(x, y, index) {
    this.data[this.#position(x, y)] = index;
  }

  /**
   * A map of another size by nearest neighbor: each pixel takes the one its center falls on.
   *
   * @param {number} width columns, 1..4096
   * @param {number} height rows, 1..4096
   * @param {Fit} [fit]
   * @returns {LabelMap}
   */
  resized(width, height, fit = "stretch") {
    const result = new LabelMap(width, height);
    const [spanX, spanY] = spans(this, width, height, fit);
    const columns = nearestCenters(this.width, width, spanX);
    const rows = nearestCenters(this.height, height, spanY);
    for (let y = 0; y < height; y++) {
      const start = y * width;
      if (rows[y] < 0) continue;
      if (y > 0 && rows[y] === rows[y - 1]) {
        result.data.copyWithin(start, start - width, start);
        continue;
      }
      const source = rows[y] * this.width;
      for (let x = 0; x < width; x++) {
        if (columns[x] >= 0) result.data[start + x] = this.data[source + columns[x]];
      }
    }
    return result;
  }

  /** @returns {Uint32Array} 256 long: how many pixels each index has */
  counts() {
    const counts = new Uint32Array(256);
    for (let i = 0; i < this.data.length; i++) counts[this.data[i]]++;
    return counts;
  }

  /** @returns {LabelMap} */
  clone() {
    return new LabelMap(this.width, this.height, this.data.slice());
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #position(x, y) {
    if (!isWithin(x, this.width) || !isWithin(y, this.height)) {
      throw new RangeError(
        `pixel (${x}, ${y}) is outside of a map of ${this.width}×${this.height}; ask for whole ` +
          "numbers inside",
      );
    }
    return y * this.width + x;
  }
}

/**
 * @param {number} value
 * @param {number} end
 */
function isWithin(value, end) {
  return Number.isInteger(value) && value >= 0 && value < end;
}

/**
 * @param {string} name
 * @param {number} side
 */
function checkSide(name, side) {
  if (!Number.isInteger(side) || side < 1 || side > LabelMap.MAX_SIDE) {
    throw new RangeError(
      `${name}: ${side}; a drawing has 1 to ${LabelMap.MAX_SIDE} whole pixels a side`,
    );
  }
}

/**
 * @param {LabelMap} map
 * @param {number} width
 * @param {number} height
 * @param {Fit} fit
 * @returns {[number, number]} the pixels, whole numbers, that the map's width and height become
 */
function spans(map, width, height, fit) {
  if (fit === "stretch") return [width, height];
  if (fit === "canvas") return [map.width, map.height];
  const scales = [width / map.width, height / map.height];
  const scale = fit === "crop" ? Math.max(...scales) : Math.min(...scales);
  const span = (/** @type {number} */ side) => Math.max(1, Math.round(side * scale));
  return [span(map.width), span(map.height)];
}

/**
 * @param {number} from pixels of the source
 * @param {number} to pixels of the result
 * @param {number} span what the source becomes, in the middle of the result
 * @returns {Int16Array} for each pixel of the result, its source pixel; -1 where there is none
 */
function nearestCenters(from, to, span) {
  // Twice the position keeps the numerator whole, so no rounding moves a center across an edge.
  const before = Math.floor((to - span) / 2);
  return Int16Array.from({ length: to }, (_, i) => {
    const at = Math.floor(((2 * (i - before) + 1) * from) / (2 * span));
    return at >= 0 && at < from ? at : -1;
  });
}
