// @ts-check

import { fillRectangle } from "../fill_rectangle.js";
import { chosenClass } from "./chosen_class.js";
import { snapSquare } from "./snap.js";

/** @typedef {import("./tool.js").Spot} Spot */
/** @typedef {{x: number, y: number}} Point */

/** Fills the rectangle between where the pointer was pressed and where it was released. */
export class RectangleTool {
  #bench;
  /** @type {Point | null} */
  #from = null;
  /** @type {Point} */
  #to = { x: 0, y: 0 };

  /** @param {import("./tool.js").Bench} bench */
  constructor(bench) {
    this.#bench = bench;
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
    this.#to = spot.shift ? snapSquare(this.#from, spot) : spot;
    this.#bench.overlay.showOutline(corners(this.#from, this.#to), true);
  }

  release() {
    const from = this.#from;
    this.cancel();
    const entry = from && chosenClass(this.#bench);
    if (!from || !entry) return;
    const { painting } = this.#bench;
    const rect = fillRectangle(painting.map, from, this.#to, entry.index);
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

/**
 * @param {Point} from
 * @param {Point} to
 * @returns {Point[]} around all pixels that will be filled
 */
function corners(from, to) {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  const [x0, y0, x1, y1] = [left, top, right + 1, bottom + 1].map(Math.floor);
  return [
    { x: x0, y: y0 },
    { x: x1, y: y0 },
    { x: x1, y: y1 },
    { x: x0, y: y1 },
  ];
}
