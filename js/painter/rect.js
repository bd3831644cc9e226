// @ts-check

/**
 * A rectangle of whole pixels, as tools report what they changed. Immutable.
 */
export class Rect {
  static EMPTY = new Rect(0, 0, 0, 0);

  /**
   * @param {number} left first column, whole
   * @param {number} top first row, whole
   * @param {number} right column after the last
   * @param {number} bottom row after the last
   */
  constructor(left, top, right, bottom) {
    this.left = left;
    this.top = top;
    this.right = right;
    this.bottom = bottom;
    Object.freeze(this);
  }

  /** @returns {number} columns, 0 or less where empty */
  get width() {
    return this.right - this.left;
  }

  /** @returns {number} rows, 0 or less where empty */
  get height() {
    return this.bottom - this.top;
  }

  /** @returns {boolean} */
  isEmpty() {
    return this.left >= this.right || this.top >= this.bottom;
  }

  /**
   * @param {Rect} other
   * @returns {boolean} whether both are the same pixels
   */
  equals({ left, top, right, bottom }) {
    return (
      this.left === left && this.top === top && this.right === right && this.bottom === bottom
    );
  }

  /**
   * The smallest rectangle that holds both.
   *
   * @param {Rect} other
   * @returns {Rect}
   */
  union(other) {
    if (other.isEmpty()) return this;
    if (this.isEmpty()) return other;
    return new Rect(
      Math.min(this.left, other.left),
      Math.min(this.top, other.top),
      Math.max(this.right, other.right),
      Math.max(this.bottom, other.bottom),
    );
  }

  /**
   * The part inside a map of this size; `Rect.EMPTY` where there is none.
   *
   * @param {number} width columns of the map
   * @param {number} height rows of the map
   * @returns {Rect}
   */
  clipped(width, height) {
    const inside = new Rect(
      Math.max(0, this.left),
      Math.max(0, this.top),
      Math.min(width, this.right),
      Math.min(height, this.bottom),
    );
    return inside.isEmpty() ? Rect.EMPTY : inside;
  }
}
