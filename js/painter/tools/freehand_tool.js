// @ts-check

import { Rect } from "../rect.js";
import { strokeSegment } from "../stroke.js";
import { chosenClass } from "./chosen_class.js";

/** @typedef {import("./tool.js").Spot} Spot */

/** Brush and eraser: a stroke follows the pointer. */
export class FreehandTool {
  #bench;
  #erases;
  #index = 0;
  /** @type {Rect | null} what the stroke covers so far; null between strokes */
  #covered = null;
  /** @type {Spot | null} where the pen was last, for straight lines */
  #last = null;

  /**
   * @param {import("./tool.js").Bench} bench
   * @param {boolean} erases
   */
  constructor(bench, erases) {
    this.#bench = bench;
    this.#erases = erases;
  }

  /** @param {Spot} spot */
  press(spot) {
    const erases = this.#erases || spot.erases;
    const entry = erases ? null : chosenClass(this.#bench);
    if (!erases && !entry) return;
    this.#index = entry?.index ?? 0;
    this.#covered = Rect.EMPTY;
    this.#stroke(spot.shift && this.#last ? this.#last : spot, spot);
  }

  /** @param {Spot[]} spots */
  drag(spots) {
    if (!this.#covered) return;
    for (const spot of spots) this.#stroke(/** @type {Spot} */ (this.#last), spot);
  }

  release() {
    const covered = this.#covered;
    this.#covered = null;
    if (covered) this.#bench.painting.finish(covered);
  }

  cancel() {
    const covered = this.#covered;
    this.#covered = null;
    if (covered) this.#bench.painting.discard(covered);
  }

  /** @param {string} key */
  key(key) {
    if (key !== "Escape" || !this.#covered) return false;
    this.cancel();
    return true;
  }

  /**
   * @param {Spot} from
   * @param {Spot} to
   */
  #stroke(from, to) {
    const { painting, settings } = this.#bench;
    const { size, pressure } = settings.values;
    const diameter = pressure && to.isPen ? Math.max(1, size * to.pressure) : size;
    const rect = strokeSegment(painting.map, from, to, diameter, this.#index);
    this.#last = to;
    this.#covered = rect.union(/** @type {Rect} */ (this.#covered));
    painting.touched(rect);
  }
}
