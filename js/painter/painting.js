// @ts-check

import { ClassList } from "./class_list.js";
import { History } from "./history.js";
import { LabelMap } from "./label_map.js";
import { Rect } from "./rect.js";

/** @typedef {import("./write_value.js").Drawing} Drawing */

const SIDE = 512;

/**
 * The drawing of one painter, its undo included.
 *
 * Events: "pixels" (detail: the `Rect` that changed), "size" (there is another map), "classes",
 * "settled" (a change is complete, or a drawing was loaded) and "edited" (it is another drawing
 * than the stored one).
 */
export class Painting extends EventTarget {
  map = new LabelMap(SIDE, SIDE);
  classes = new ClassList();
  #history = new History(this.map);

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /** @returns {Rect} all of it */
  get area() {
    return new Rect(0, 0, this.map.width, this.map.height);
  }

  /**
   * Shows what is stored; there is nothing to undo after that.
   *
   * @param {Drawing | null} drawing null is an empty one
   */
  load(drawing) {
    this.map = drawing?.map ?? new LabelMap(SIDE, SIDE);
    this.classes = drawing?.classes ?? new ClassList();
    this.#history = new History(this.map);
    this.#tell("size");
    this.#tell("classes");
    this.#tell("settled");
  }

  /**
   * Shows what a tool has done so far.
   *
   * @param {Rect} rect
   */
  touched(rect) {
    if (!rect.isEmpty()) this.#tell("pixels", rect);
  }

  /**
   * Makes one step of undo of what a tool has done.
   *
   * @param {Rect} rect holds all changed pixels
   * @returns {boolean} whether anything changed
   */
  finish(rect) {
    const changed = this.#history.commit(this.map, rect);
    if (changed) this.#edited();
    return changed;
  }

  /**
   * Takes back what a tool did since the last step.
   *
   * @param {Rect} rect holds all changed pixels
   */
  discard(rect) {
    this.#history.discard(this.map, rect);
    this.touched(rect);
    this.#tell("settled");
  }

  clear() {
    this.map.data.fill(0);
    this.touched(this.area);
    this.finish(this.area);
  }

  /**
   * Changes the class list as one step of undo.
   *
   * @template T
   * @param {(classes: ClassList) => T} change may throw, which changes nothing
   * @returns {T}
   */
  editClasses(change) {
    const before = stateOf(this.classes);
    const result = change(this.classes);
    this.#commitClasses(before, Rect.EMPTY);
    return result;
  }

  /**
   * Hides a class from the view or shows it. That is no edit: the layout stays the same.
   *
   * @param {number} index
   * @param {boolean} hidden
   */
  setHidden(index, hidden) {
    this.classes.setHidden(index, hidden);
    this.#tell("classes");
  }

  /** @param {number} index of the class to remove; its pixels become void */
  removeClass(index) {
    const before = stateOf(this.classes);
    this.classes.remove(index);
    const { data } = this.map;
    for (let i = data.indexOf(index); i >= 0; i = data.indexOf(index, i + 1)) data[i] = 0;
    this.touched(this.area);
    this.#commitClasses(before, this.area);
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {import("./label_map.js").Fit} [fit]
   */
  resize(width, height, fit) {
    if (width === this.map.width && height === this.map.height) return;
    this.map = this.map.resized(width, height, fit);
    this.#tell("size");
    this.finish(this.area);
  }

  /**
   * Puts another drawing in place of this one, as one step of undo.
   *
   * @param {Drawing} drawing
   */
  replace({ map, classes }) {
    const before = stateOf(this.classes);
    this.map = map;
    this.classes = classes;
    this.#tell("size");
    this.#commitClasses(before, this.area);
  }

  undo() {
    this.#restored(this.#history.undo(this.map));
  }

  redo() {
    this.#restored(this.#history.redo(this.map));
  }

  /** @param {import("./history.js").Restored | null} restored */
  #restored(restored) {
    if (!restored) return;
    const resized = restored.map !== this.map;
    this.map = restored.map;
    if (restored.lists !== undefined) this.classes = classesOf(restored.lists, this.classes);
    if (resized) this.#tell("size");
    else this.touched(restored.rect);
    if (restored.lists !== undefined) this.#tell("classes");
    this.#edited();
  }

  /**
   * @param {unknown} before
   * @param {Rect} rect
   */
  #commitClasses(before, rect) {
    const after = stateOf(this.classes);
    const lists = JSON.stringify(before) === JSON.stringify(after) ? undefined : { before, after };
    const changed = this.#history.commit(this.map, rect, lists);
    if (lists) this.#tell("classes");
    if (changed) this.#edited();
  }

  #edited() {
    this.#tell("settled");
    this.#tell("edited");
  }

  /**
   * @param {string} type
   * @param {Rect} [detail]
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {ClassList} classes */
function stateOf(classes) {
  return { version: classes.version, entries: classes.toJSON() };
}

/**
 * @param {unknown} state what `stateOf` gave
 * @param {ClassList} now what is hidden now stays so
 */
function classesOf(state, now) {
  const { version, entries } = /** @type {ReturnType<typeof stateOf>} */ (state);
  const classes = ClassList.fromJSON(entries, version);
  for (const { index, hidden } of classes.entries) {
    classes.setHidden(index, now.get(index)?.hidden ?? hidden);
  }
  return classes;
}
