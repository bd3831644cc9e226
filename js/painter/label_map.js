// @ts-check

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
   * @returns {LabelMap}
   */
  resized(width, height) {
    const result = new LabelMap(width, height);
    const columns = nearestCenters(this.width, width);
    const rows = nearestCenters(this.height, height);
    for (let y = 0; y < height; y++) {
      const start = y * width;
      if (y > 0 && rows[y] === rows[y - 1]) {
        result.data.copyWithin(start, start - width, start);
        continue;
      }
      const source = rows[y] * this.width;
      for (let x = 0; x < width; x++) result.data[start + x] = this.data[source + columns[x]];
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
 * @param {number} from pixels of the source
 * @param {number} to pixels of the result
 * @returns {Uint16Array} for each pixel of the result, its source pixel
 */
function nearestCenters(from, to) {
  // Twice the position keeps the numerator whole, so no rounding moves a center across an edge.
  return Uint16Array.from({ length: to }, (_, i) => Math.floor(((2 * i + 1) * from) / (2 * to)));
}
