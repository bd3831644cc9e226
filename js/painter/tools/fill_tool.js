// @ts-check

import { fillArea } from "../fill_area.js";
import { chosenClass } from "./chosen_class.js";

/** Fills the area of one class under the pointer. */
export class FillTool {
  #bench;

  /** @param {import("./tool.js").Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  /** @param {import("./tool.js").Spot} spot */
  press(spot) {
    const { painting } = this.#bench;
    const index = spot.erases ? 0 : chosenClass(this.#bench)?.index;
    if (index === undefined) return;
    const rect = fillArea(painting.map, spot, index);
    painting.touched(rect);
    painting.finish(rect);
  }

  drag() {}

  release() {}

  cancel() {}
}
