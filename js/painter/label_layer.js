// @ts-check

import { element } from "./element.js";
import { Rect } from "./rect.js";

/** Pixels painted at once: bounds the memory that a change of all of 4096×4096 takes. */
const BAND = 2 ** 20;

/** The label map as a canvas of its size, in the colors of its classes. Void is transparent. */
export class LabelLayer {
  canvas = element("canvas", { class: "place-painter-map" });
  #context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  #colors = new Uint32Array(256);

  /**
   * @param {import("./class_list.js").ClassList} classes
   * @param {boolean} [all] whether to show hidden classes too
   * @returns {boolean} whether anything looks different now
   */
  setColors(classes, all = false) {
    const before = this.#colors;
    this.#colors = new Uint32Array(256);
    const bytes = new Uint8ClampedArray(this.#colors.buffer);
    for (const { index, color, hidden } of classes.entries) {
      if (hidden && !all) continue;
      const value = parseInt(color.slice(1), 16);
      bytes.set([value >> 16, (value >> 8) & 255, value & 255, 255], 4 * index);
    }
    return this.#colors.some((color, index) => color !== before[index]);
  }

  /**
   * Paints a part anew.
   *
   * @param {import("./label_map.js").LabelMap} map
   * @param {Rect} rect
   */
  paint(map, rect) {
    if (this.canvas.width !== map.width || this.canvas.height !== map.height) {
      this.canvas.width = map.width;
      this.canvas.height = map.height;
    }
    const { left, top, right, bottom } = rect.clipped(map.width, map.height);
    if (right <= left) return;
    const rows = Math.max(1, Math.floor(BAND / (right - left)));
    for (let y = top; y < bottom; y += rows) {
      this.#paintBand(map, new Rect(left, y, right, Math.min(bottom, y + rows)));
    }
  }

  /**
   * @param {import("./label_map.js").LabelMap} map
   * @param {Rect} band
   */
  #paintBand(map, band) {
    const image = this.#context.createImageData(band.width, band.height);
    const pixels = new Uint32Array(image.data.buffer);
    let i = 0;
    for (let y = band.top; y < band.bottom; y++) {
      const end = y * map.width + band.right;
      for (let at = y * map.width + band.left; at < end; at++) {
        pixels[i++] = this.#colors[map.data[at]];
      }
    }
    this.#context.putImageData(image, band.left, band.top);
  }
}
