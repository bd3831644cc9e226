// @ts-check

import { chosenClass } from "./chosen_class.js";

/** @typedef {import("./tool.js").Spot} Spot */
/** @typedef {import("../class_list.js").ClassEntry} ClassEntry */
/** @typedef {{x: number, y: number}} Point */

/**
 * @typedef {object} Shape what is drawn between where the pointer was pressed and released
 * @property {(from: Point, to: Point) => Point} snap where it ends while Shift is held
 * @property {(from: Point, to: Point) => void} show outlines it
 * @property {(from: Point, to: Point, entry: Readonly<ClassEntry>) => import("../rect.js").Rect} draw
 */

/** Draws a shape from where the pointer was pressed to where it was released. */
export class DragTool {
  #bench;
  #shape;
  /** @type {Point | null} */
  #from = null;
  /** @type {Point} */
  #to = { x: 0, y: 0 };

  /**
   * @param {import("./tool.js").Bench} bench
   * @param {Shape} shape
   */
  constructor(bench, shape) {
    this.#bench = bench;
    this.#shape = shape;
  }

  /** @param {Spot} spot */
  press(spot) {
    if (!chosenClass(this.#bench)) return;
    this.#from = spot;
    this.drag([spot]);
  }

  /** @param {Spot[]} spots */
  drag(spots) {
    if (!this.#from) return;
    const spot = /** @type {Spot} */ (spots.at(-1));
    this.#to = spot.shift ? this.#shape.snap(this.#from, spot) : spot;
    this.#shape.show(this.#from, this.#to);
  }

  release() {
    const from = this.#from;
    this.cancel();
    const entry = from && chosenClass(this.#bench);
    if (!from || !entry) return;
    const { painting } = this.#bench;
    const rect = this.#shape.draw(from, this.#to, entry);
    painting.touched(rect);
    painting.finish(rect);
  }

  cancel() {
    this.#from = null;
    this.#bench.overlay.clearShapes();
  }

  /** @param {string} key */
  key(key) {
    if (key !== "Escape" || !this.#from) return false;
    this.cancel();
    return true;
  }
}
