// @ts-check

import { strokeSegment } from "../stroke.js";
import { chosenClass } from "./chosen_class.js";
import { snapAngle } from "./snap.js";

/** @typedef {import("./tool.js").Spot} Spot */
/** @typedef {{x: number, y: number}} Point */

/** Draws a straight line as wide as the brush. */
export class LineTool {
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
    const { painting, settings, overlay } = this.#bench;
    const entry = painting.classes.get(settings.values.index);
    if (!this.#from || !entry) return;
    const spot = /** @type {Spot} */ (spots.at(-1));
    this.#to = spot.shift ? snapAngle(this.#from, spot) : spot;
    overlay.showLine(this.#from, this.#to, settings.values.size, entry.color);
  }

  release() {
    const from = this.#from;
    this.cancel();
    const entry = from && chosenClass(this.#bench);
    if (!from || !entry) return;
    const { painting, settings } = this.#bench;
    const rect = strokeSegment(painting.map, from, this.#to, settings.values.size, entry.index);
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
