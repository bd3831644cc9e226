// @ts-check

/** @typedef {{x: number, y: number}} Point */

/** Where the drawing lies in its box: zoomed by `zoom` and moved by (`x`, `y`) CSS pixels. */
export class Viewport {
  static MIN_ZOOM = 0.02;
  static MAX_ZOOM = 64;

  zoom = 1;
  x = 0;
  y = 0;
  /** Whether it follows the size of the box, until the artist zooms or pans. */
  fitted = true;

  /**
   * Shows all of it, in the middle.
   *
   * @param {number} boxWidth
   * @param {number} boxHeight
   * @param {number} width
   * @param {number} height
   */
  fit(boxWidth, boxHeight, width, height) {
    this.zoom = limited(Math.min((boxWidth - 8) / width, (boxHeight - 8) / height));
    this.x = (boxWidth - width * this.zoom) / 2;
    this.y = (boxHeight - height * this.zoom) / 2;
    this.fitted = true;
  }

  /**
   * @param {Point} point of the box, which keeps its pixel of the drawing
   * @param {number} factor
   */
  zoomAt(point, factor) {
    const { x, y } = this.toMap(point);
    this.zoom = limited(this.zoom * factor);
    this.x = point.x - x * this.zoom;
    this.y = point.y - y * this.zoom;
    this.fitted = false;
  }

  /**
   * @param {number} dx CSS pixels
   * @param {number} dy CSS pixels
   */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
  }

  /**
   * @param {Point} point of the box
   * @returns {Point} of the drawing
   */
  toMap(point) {
    return { x: (point.x - this.x) / this.zoom, y: (point.y - this.y) / this.zoom };
  }
}

/** @param {number} zoom */
function limited(zoom) {
  return Math.min(Viewport.MAX_ZOOM, Math.max(Viewport.MIN_ZOOM, zoom));
}
