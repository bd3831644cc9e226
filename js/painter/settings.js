// @ts-check

/** @typedef {"move" | "brush" | "eraser" | "fill" | "polygon" | "rectangle" | "line"} ToolName */

/**
 * @typedef {object} Values
 * @property {ToolName} tool
 * @property {number} index of the class to paint with; 0 is none
 * @property {number} size of the brush, pixels of the drawing
 * @property {number} opacity of the drawing over a reference, 0..1
 * @property {boolean} pressure whether a pen's pressure scales the brush
 * @property {boolean} fillsGap whether what a moved region leaves is filled from around it; else void
 * @property {boolean} movesClass whether all of a class is moved, not only what hangs together
 */

/** How the artist works in one painter; not part of the drawing. Tells of a "change". */
export class Settings extends EventTarget {
  static MAX_SIZE = 256;

  /** @type {Readonly<Values>} */
  #values = Object.freeze({
    tool: "brush",
    index: 0,
    size: 32,
    opacity: 0.6,
    pressure: false,
    fillsGap: true,
    movesClass: false,
  });

  /** @returns {Readonly<Values>} */
  get values() {
    return this.#values;
  }

  /** @param {Partial<Values>} values those to change */
  set(values) {
    const next = { ...this.#values, ...values };
    next.size = Math.min(Settings.MAX_SIZE, Math.max(1, Math.round(next.size) || 1));
    next.opacity = Math.min(1, Math.max(0, next.opacity));
    this.#values = Object.freeze(next);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} direction 1 for a larger brush, -1 for a smaller one */
  stepSize(direction) {
    const { size } = this.#values;
    // About a fifth, as equal steps are too coarse for thin brushes and too slow for wide ones.
    this.set({ size: size + direction * Math.max(1, Math.round(size / 5)) });
  }
}
