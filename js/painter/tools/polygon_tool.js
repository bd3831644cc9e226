// @ts-check

import { fillPolygon } from "../fill_polygon.js";
import { chosenClass } from "./chosen_class.js";
import { snapAngle } from "./snap.js";

/** @typedef {import("./tool.js").Spot} Spot */
/** @typedef {{x: number, y: number}} Point */

/** CSS pixels around the first corner in which a click closes the polygon. */
const NEAR = 8;

/** Fills a polygon whose corners are clicked one after another. */
export class PolygonTool {
  #bench;
  /** @type {Point[]} */
  #corners = [];

  /** @param {import("./tool.js").Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  /** @param {Spot} spot */
  press(spot) {
    if (!chosenClass(this.#bench)) return;
    if (this.#closes(spot)) {
      this.finish();
      return;
    }
    this.#corners.push(this.#snapped(spot));
    this.hover(spot);
  }

  /** @param {Spot[]} spots */
  drag(spots) {
    this.hover(/** @type {Spot} */ (spots.at(-1)));
  }

  release() {}

  /** @param {Spot} spot */
  hover(spot) {
    if (this.#corners.length === 0) return;
    this.#bench.overlay.showOutline([...this.#corners, this.#snapped(spot)], true);
  }

  /** Fills what was outlined; also a double click, whose second corner lies on its first. */
  finish() {
    const corners = this.#corners;
    this.cancel();
    const entry = corners.length > 2 && chosenClass(this.#bench);
    if (!entry) return;
    const { painting } = this.#bench;
    const rect = fillPolygon(painting.map, corners, entry.index);
    painting.touched(rect);
    painting.finish(rect);
  }

  cancel() {
    this.#corners = [];
    this.#bench.overlay.clearShapes();
  }

  /** @param {string} key */
  key(key) {
    if (this.#corners.length === 0) return false;
    if (key === "Enter") this.finish();
    else if (key === "Escape") this.cancel();
    else if (key === "Backspace") this.#dropCorner();
    else return false;
    return true;
  }

  #dropCorner() {
    this.#corners.pop();
    this.#bench.overlay.showOutline(this.#corners, true);
  }

  /** @param {Spot} spot */
  #snapped(spot) {
    const last = this.#corners.at(-1);
    return spot.shift && last ? snapAngle(last, spot) : spot;
  }

  /** @param {Spot} spot */
  #closes(spot) {
    const [first] = this.#corners;
    if (this.#corners.length < 3) return false;
    return Math.hypot(spot.x - first.x, spot.y - first.y) * this.#bench.zoom() < NEAR;
  }
}
