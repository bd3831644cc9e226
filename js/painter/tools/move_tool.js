// @ts-check

import { handleAt, movedBox, scaledBox } from "../handles.js";
import { connectedRegion, wholeClass } from "../region.js";
import { regionOutline } from "../region_outline.js";
import { Selection } from "../selection.js";
import { TEXTS } from "../texts.js";

/** @typedef {import("./tool.js").Spot} Spot */
/** @typedef {import("../selection.js").Place} Place */
/** @typedef {import("../rect.js").Rect} Rect */

/** CSS pixels around a handle in which it is grasped, by a mouse or pen and by a finger. */
const [REACH, FINGER_REACH] = [8, 20];
/** Parts of a class that are this share of the picture apart, times two, belong together. */
const GAP_SHARE = 128;
/** Pixels that an arrow key moves, alone and with Shift. */
const [STEP, LONG_STEP] = [1, 10];

/** @type {Record<string, {x: number, y: number}>} */
const ARROWS = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

const REMOVING = ["Delete", "Backspace"];

/**
 * @typedef {object} Drag
 * @property {Spot} from
 * @property {import("../handles.js").Handle | null} handle null moves
 * @property {Place} place as of now
 * @property {Selection | null} before what was selected when it began
 */

/** Moves, scales and copies regions. What was dragged stays selected until something else is done. */
export class MoveTool {
  usesAlt = true;
  #bench;
  /** @type {Selection | null} */
  #selection = null;
  /** @type {Drag | null} */
  #drag = null;
  #finishing = false;
  /** @type {{region: import("../region.js").Region, path: string} | null} the last one */
  #traced = null;

  /** @param {import("./tool.js").Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    // To hide a class is no edit, and tells of the classes alone.
    for (const event of ["classes", "settled"]) {
      bench.painting.addEventListener(event, () => this.#follow());
    }
    bench.settings.addEventListener("change", () => this.#changeGap());
  }

  /** @param {Spot} spot */
  press(spot) {
    const before = this.#selection;
    const handle = before && handleAt(before.place.box, spot, this.#reach(spot));
    const keeps = handle || (before?.holds(spot) && (before.isWhole || !this.#wantsWhole(spot)));
    const selection = keeps ? (spot.alt ? before?.copy() : before) : this.#select(spot);
    if (!selection) {
      this.drop();
      return;
    }
    this.#selection = selection;
    this.#drag = { from: spot, handle, place: selection.place, before };
    this.#outline(selection.place.box);
  }

  /** @param {Spot[]} spots */
  drag(spots) {
    if (!this.#drag || !this.#selection) return;
    const { from, handle } = this.#drag;
    const { box } = this.#selection.place;
    const { map } = this.#bench.painting;
    const to = /** @type {Spot} */ (spots.at(-1));
    let [dx, dy] = [Math.round(to.x - from.x), Math.round(to.y - from.y)];
    let next;
    if (handle) {
      next = movedBox(scaledBox(box, handle, dx, dy, to.shift), 0, 0, map);
    } else {
      if (to.shift) [dx, dy] = Math.abs(dx) < Math.abs(dy) ? [0, dy] : [dx, 0];
      next = movedBox(box, dx, dy, map);
    }
    this.#drag.place = this.#show(this.#selection, this.#drag.place, next);
  }

  release() {
    const [drag, selection] = [this.#drag, this.#selection];
    this.#drag = null;
    if (drag && selection) this.#finish(selection, drag.place);
  }

  cancel() {
    const [drag, selection] = [this.#drag, this.#selection];
    if (!drag || !selection) return;
    this.#drag = null;
    this.#selection = drag.before;
    const { painting } = this.#bench;
    if (selection.map !== painting.map) return;
    painting.discard(this.#changedBy(selection, drag.place));
    if (this.#selection) this.#outline(this.#selection.place.box);
    else this.drop();
  }

  /** From now on the region is a part of the drawing as any other. */
  drop() {
    this.#selection = null;
    this.#drag = null;
    this.#bench.overlay.clearShapes();
    this.#bench.setCursor("");
  }

  /** @param {Spot} spot */
  hover(spot) {
    const selection = this.#selection;
    const handle = selection && handleAt(selection.place.box, spot, this.#reach(spot));
    if (handle) this.#bench.setCursor(cursorOf(handle));
    else this.#bench.setCursor(selection?.holds(spot) || this.#indexAt(spot) ? "move" : "default");
  }

  /**
   * @param {string} key
   * @param {boolean} shift
   */
  key(key, shift) {
    const selection = this.#selection;
    if (!selection) return false;
    const arrow = ARROWS[key];
    if (key === "Escape" && this.#drag) this.cancel();
    // The keys change nothing that the pointer holds.
    else if (this.#drag) return arrow !== undefined || REMOVING.includes(key);
    else if (key === "Escape" || key === "Enter") this.#leave();
    else if (REMOVING.includes(key)) this.#remove(selection);
    else if (arrow) this.#nudge(selection, arrow, shift ? LONG_STEP : STEP);
    else return false;
    return true;
  }

  /**
   * @param {Spot} spot
   * @returns {Selection | null} of what is there; null where there is nothing to move, of which
   *   the artist is told
   */
  #select(spot) {
    const { painting, settings, say } = this.#bench;
    const { map, classes } = painting;
    const index = this.#indexAt(spot);
    if (index === null) return null;
    const entry = classes.get(index);
    if (!entry || entry.hidden) {
      say(entry ? TEXTS.hiddenPressed(entry.name) : TEXTS.voidPressed);
      return null;
    }
    const isWhole = this.#wantsWhole(spot);
    const gap = Math.floor(Math.max(map.width, map.height) / GAP_SHARE);
    const region = isWhole ? wholeClass(map, index) : connectedRegion(map, spot, gap);
    if (!region) return null;
    const place = { box: region.rect, fills: settings.values.fillsGap };
    say(TEXTS.selected(entry.name));
    return new Selection(map, region, place, { isWhole, copied: spot.alt });
  }

  /**
   * @param {Selection} selection
   * @param {Place} from where it is shown
   * @param {Rect} box
   * @returns {Place} where it is shown now
   */
  #show(selection, from, box) {
    const { painting, settings } = this.#bench;
    const to = { box, fills: settings.values.fillsGap };
    for (const rect of selection.show(from, to)) painting.touched(rect);
    this.#outline(box);
    return to;
  }

  /**
   * Makes a step of undo of where the selection is shown.
   *
   * @param {Selection} selection
   * @param {Place} place
   */
  #finish(selection, place) {
    this.#finishing = true;
    const changed = this.#bench.painting.finish(this.#changedBy(selection, place));
    this.#finishing = false;
    if (!changed) return;
    selection.keep(place);
    this.#say(selection);
  }

  /**
   * @param {Selection} selection
   * @param {{x: number, y: number}} direction
   * @param {number} step
   */
  #nudge(selection, { x, y }, step) {
    const { place } = selection;
    const box = movedBox(place.box, step * x, step * y, this.#bench.painting.map);
    this.#finish(selection, this.#show(selection, place, box));
  }

  /** @param {Selection} selection */
  #remove(selection) {
    const { painting, settings } = this.#bench;
    const rect = this.#changedBy(selection, selection.place);
    const rects = [selection.place.box, selection.region.rect];
    selection.hide(settings.values.fillsGap, rects);
    painting.touched(rect);
    this.drop();
    painting.finish(rect);
  }

  #leave() {
    this.drop();
    this.#bench.say("");
  }

  /** The option is for what is selected already, too. */
  #changeGap() {
    const selection = this.#selection;
    const { fillsGap } = this.#bench.settings.values;
    if (!selection || this.#drag || selection.place.fills === fillsGap) return;
    const { place } = selection;
    this.#finish(selection, this.#show(selection, place, place.box));
  }

  /** Something is another step: of this tool, undone, or of somebody else, which ends it. */
  #follow() {
    const selection = this.#selection;
    if (!selection || this.#drag || this.#finishing) return;
    const { map, classes } = this.#bench.painting;
    const entry = classes.get(selection.region.index);
    const known = selection.indices.every((index) => index === 0 || classes.get(index));
    const isSame = selection.map === map && known && entry && !entry.hidden && selection.follow();
    if (isSame) this.#outline(selection.place.box);
    else this.drop();
  }

  /**
   * Says what is not final yet, and what the artist cannot see of it.
   *
   * @param {Selection} selection
   */
  #say(selection) {
    const { painting, say } = this.#bench;
    const { classes } = painting;
    const hidden = classes.entries.filter((entry) => entry.hidden);
    const covered = hidden.length ? selection.covered(hidden.map(({ index }) => index)) : [];
    const names = covered.map((index) => classes.get(index)?.name);
    if (names.length) say(TEXTS.hiddenCovered(names.join(", ")));
    else say(TEXTS.selected(classes.get(selection.region.index)?.name ?? ""));
  }

  /** @param {Rect} box */
  #outline(box) {
    const region = this.#selection?.region;
    if (region) this.#bench.overlay.showSelection(box, region.rect, this.#path(region));
  }

  /** @param {import("../region.js").Region} region */
  #path(region) {
    if (this.#traced?.region !== region) this.#traced = { region, path: regionOutline(region) };
    return this.#traced.path;
  }

  /**
   * @param {Selection} selection
   * @param {Place} place
   * @returns {Rect} all that may differ from the last step
   */
  #changedBy({ region, place: last }, { box }) {
    return region.rect.union(last.box).union(box);
  }

  /** @param {Spot} spot */
  #wantsWhole(spot) {
    return spot.ctrl || this.#bench.settings.values.movesClass;
  }

  /** @param {Spot} spot */
  #reach(spot) {
    return (spot.isTouch ? FINGER_REACH : REACH) / this.#bench.zoom();
  }

  /**
   * @param {Spot} spot
   * @returns {number | null} the class there, 0 is void; null outside
   */
  #indexAt(spot) {
    const { map } = this.#bench.painting;
    const [x, y] = [Math.floor(spot.x), Math.floor(spot.y)];
    return x >= 0 && y >= 0 && x < map.width && y < map.height ? map.get(x, y) : null;
  }
}

/**
 * @param {import("../handles.js").Handle} handle
 * @returns {string} of CSS
 */
function cursorOf({ x, y }) {
  if (x === 0) return "ns-resize";
  if (y === 0) return "ew-resize";
  return x === y ? "nwse-resize" : "nesw-resize";
}
