// @ts-check

import { copyRect } from "./copy_rect.js";
import { fillGap } from "./fill_gap.js";
import { isOnRegion, placeRegion } from "./place_region.js";
import { Rect } from "./rect.js";

/** Of its border: what has less of it, as mountains above a mast, does not grow into the gap. */
const LEAST_SHARE = 1 / 50;

/** @typedef {import("./label_map.js").LabelMap} LabelMap */
/** @typedef {import("./region.js").Region} Region */

/**
 * @typedef {object} Place where a selection is
 * @property {Rect} box that its region fills, maybe outside of the picture in part
 * @property {boolean} fills whether its surroundings fill the gap it leaves; else that is void
 */

/**
 * A region lifted off a drawing, to be moved and scaled over it. It is always made from its
 * original pixels, and what it covers is kept: nothing is lost until it is dropped.
 */
export class Selection {
  region;
  /** Whether it is all of its class. */
  isWhole;
  /** @readonly the drawing's own map */
  map;
  #original;
  #copied;
  /** @type {Map<boolean, LabelMap>} the drawing without it, by `fills` */
  #grounds = new Map();
  /** @type {Place[]} all that are steps of undo, in order */
  #places;
  #at = 0;

  /**
   * @param {LabelMap} map the drawing as it is
   * @param {Region} region
   * @param {Place} place where the region is, and nothing has changed yet
   * @param {{isWhole: boolean, copied: boolean}} kind `copied`: what is there stays there
   */
  constructor(map, region, place, { isWhole, copied }) {
    this.map = map;
    this.region = region;
    this.isWhole = isWhole;
    this.#original = map.clone();
    this.#copied = copied;
    this.#places = [place];
  }

  /** @returns {Place} as of the last step */
  get place() {
    return this.#places[this.#at];
  }

  /** @returns {number[]} the indices of all pixels in it and under it */
  get indices() {
    const counts = this.#original.counts();
    return [...counts.keys()].filter((index) => counts[index] > 0);
  }

  /** @returns {Selection} a copy of it at its place, over the drawing as it is */
  copy() {
    const { map, region, place, isWhole } = this;
    return new Selection(map, region, place, { isWhole, copied: true });
  }

  /** @param {Place} place of which a step of undo was made */
  keep(place) {
    this.#places.splice(this.#at + 1, Infinity, place);
    this.#at++;
  }

  /**
   * Goes to the place that the drawing shows, one step back or forth: it may have been undone.
   *
   * @returns {boolean} whether there is one; otherwise something else has changed the drawing
   */
  follow() {
    const at = [this.#at, this.#at - 1, this.#at + 1].find((i) => this.#isShown(this.#places[i]));
    if (at === undefined) return false;
    this.#at = at;
    return true;
  }

  /**
   * @param {{x: number, y: number}} point in map pixels
   * @returns {boolean} whether the point lies on its region
   */
  holds(point) {
    return isOnRegion(this.region, this.place.box, point);
  }

  /**
   * Shows it at a place.
   *
   * @param {Place} from where the drawing shows it now
   * @param {Place} to
   * @returns {Rect[]} what may have changed
   */
  show(from, to) {
    const changed = [from.box, to.box];
    if (from.fills !== to.fills) changed.push(this.region.rect);
    this.hide(to.fills, changed);
    placeRegion(this.map, this.region, to.box);
    return changed.map((rect) => this.#inside(rect));
  }

  /**
   * Shows what is under it.
   *
   * @param {boolean} fills
   * @param {Rect[]} rects
   */
  hide(fills, rects) {
    const ground = this.#ground(fills);
    for (const rect of rects) copyRect(ground, this.map, this.#inside(rect));
  }

  /**
   * @param {number[]} indices
   * @returns {number[]} those whose pixels it covers
   */
  covered(indices) {
    const { box, fills } = this.place;
    const ground = this.#ground(fills);
    const found = new Set();
    const { left, top, right, bottom } = this.#inside(box);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const index = ground.get(x, y);
        if (indices.includes(index) && isOnRegion(this.region, box, { x, y })) found.add(index);
      }
    }
    return [...found];
  }

  /** @param {Place | undefined} place */
  #isShown(place) {
    if (!place) return false;
    const expected = this.#ground(place.fills).clone();
    placeRegion(expected, this.region, place.box);
    return expected.data.every((index, i) => index === this.map.data[i]);
  }

  /** @param {boolean} fills */
  #ground(fills) {
    let ground = this.#grounds.get(fills);
    if (!ground) {
      ground = this.#original;
      if (!this.#copied) {
        ground = ground.clone();
        // The parts of a whole class may each lie in another class.
        if (fills) fillGap(ground, this.region, this.isWhole ? 0 : LEAST_SHARE);
        else placeRegion(ground, { ...this.region, index: 0 }, this.region.rect);
      }
      this.#grounds.set(fills, ground);
    }
    return ground;
  }

  /** @param {Rect} rect */
  #inside(rect) {
    return rect.clipped(this.map.width, this.map.height);
  }
}
