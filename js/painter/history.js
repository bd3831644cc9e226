// @ts-check

import { copyRect } from "./copy_rect.js";
import { LabelMap } from "./label_map.js";
import { Rect } from "./rect.js";

/**
 * @typedef {object} Lists the class list around a step, any JSON value
 * @property {unknown} before
 * @property {unknown} after
 */

/**
 * @typedef {object} Restored
 * @property {LabelMap} map the map given, or a new one where the step changed the size
 * @property {Rect} rect what changed in it
 * @property {unknown} [lists] the class list to go back to; undefined where the step has none
 */

/**
 * What every step keeps.
 *
 * @typedef {object} Step
 * @property {Rect} rect the changed part; of a new size, everything
 * @property {Uint8Array} [difference] runs of before XOR after within `rect`
 * @property {{before: Whole, after: Whole}} [sizes] both maps, where their sizes differ
 * @property {Lists} [lists]
 * @property {number} bytes about what the step takes in memory
 */

/** @typedef {{width: number, height: number, runs: Uint8Array}} Whole */

/** Undo and redo of a drawing. It keeps a copy of the map as of the last step to compare with. */
export class History {
  /** @type {LabelMap} */
  #last;
  /** @type {Step[]} */
  #done = [];
  /** @type {Step[]} */
  #undone = [];
  #limit;

  /**
   * @param {LabelMap} map the drawing to begin with
   * @param {number} [limit] bytes that all steps together may take; the oldest go first, the last
   *   one always stays
   */
  constructor(map, limit = 64 * 2 ** 20) {
    this.#last = map.clone();
    this.#limit = limit;
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** @returns {number} bytes of all steps */
  get bytes() {
    return [...this.#done, ...this.#undone].reduce((sum, step) => sum + step.bytes, 0);
  }

  /**
   * Makes a step of what happened since the last one. Nothing changed, no step.
   *
   * @param {LabelMap} map the drawing now, of any size
   * @param {Rect} rect holds every pixel that may have changed
   * @param {Lists} [lists] if the class list changed too
   * @returns {boolean} whether there was anything to keep
   */
  commit(map, rect, lists) {
    const step = sameSize(map, this.#last) ? this.#paint(map, rect) : this.#resize(map);
    if (!step && !lists) return false;
    this.#undone = [];
    this.#done.push(measured({ rect: Rect.EMPTY, ...step, lists }));
    let bytes = this.bytes;
    while (bytes > this.#limit && this.#done.length > 1) {
      bytes -= /** @type {Step} */ (this.#done.shift()).bytes;
    }
    return true;
  }

  /**
   * Takes back what happened since the last step; steps stay as they are.
   *
   * @param {LabelMap} map the drawing, changed in place, of the size it had at the last step
   * @param {Rect} rect holds every pixel that may have changed
   */
  discard(map, rect) {
    copyRect(this.#last, map, rect.clipped(map.width, map.height));
  }

  /**
   * @param {LabelMap} map the drawing, changed in place
   * @returns {Restored | null} null where there is no step
   */
  undo(map) {
    const step = this.#done.pop();
    if (!step) return null;
    this.#undone.push(step);
    return this.#restore(map, step, "before");
  }

  /**
   * @param {LabelMap} map the drawing, changed in place
   * @returns {Restored | null} null where there is no step
   */
  redo(map) {
    const step = this.#undone.pop();
    if (!step) return null;
    this.#done.push(step);
    return this.#restore(map, step, "after");
  }

  /**
   * @param {LabelMap} map
   * @param {Rect} rect
   */
  #paint(map, rect) {
    const inside = rect.clipped(map.width, map.height);
    if (inside.isEmpty()) return null;
    const difference = packRuns(differences(this.#last, map, inside));
    if (!difference) return null;
    copyRect(map, this.#last, inside);
    return { rect: inside, difference };
  }

  /** @param {LabelMap} map */
  #resize(map) {
    const before = pack(this.#last);
    this.#last = map.clone();
    return { rect: whole(map), sizes: { before, after: pack(map) } };
  }

  /**
   * @param {LabelMap} map
   * @param {Step} step
   * @param {"before" | "after"} side
   * @returns {Restored}
   */
  #restore(map, step, side) {
    const lists = step.lists?.[side];
    if (step.sizes) this.#last = unpack(step.sizes[side]);
    if (step.difference) applyDifference(this.#last, step.rect, step.difference);
    // A new object as soon as sizes differ: the view must see that its canvas no longer fits.
    if (!sameSize(map, this.#last)) {
      return { map: this.#last.clone(), rect: whole(this.#last), lists };
    }
    const rect = step.sizes ? whole(map) : step.rect;
    copyRect(this.#last, map, rect);
    return { map, rect, lists };
  }
}

/**
 * @param {Omit<Step, "bytes">} step
 * @returns {Step}
 */
function measured(step) {
  const { difference, sizes, lists } = step;
  const objects = 256;
  const pixels =
    (difference?.length ?? 0) + (sizes ? sizes.before.runs.length + sizes.after.runs.length : 0);
  const text = lists ? 2 * JSON.stringify([lists.before, lists.after]).length : 0;
  return { ...step, bytes: objects + pixels + text };
}

/**
 * @param {LabelMap} one
 * @param {LabelMap} other
 */
function sameSize(one, other) {
  return one.width === other.width && one.height === other.height;
}

/** @param {LabelMap} map */
function whole(map) {
  return new Rect(0, 0, map.width, map.height);
}

/**
 * @param {LabelMap} one
 * @param {LabelMap} other of the same size
 * @param {Rect} rect
 * @returns {Uint8Array} one XOR other, row by row
 */
function differences(one, other, rect) {
  const result = new Uint8Array(rect.width * rect.height);
  let i = 0;
  for (let y = rect.top; y < rect.bottom; y++) {
    const start = y * one.width + rect.left;
    for (let at = start; at < start + rect.width; at++) {
      result[i++] = one.data[at] ^ other.data[at];
    }
  }
  return result;
}

/**
 * @param {LabelMap} map
 * @param {Rect} rect
 * @param {Uint8Array} difference
 */
function applyDifference(map, rect, difference) {
  const values = unpackRuns(difference, rect.width * rect.height);
  let i = 0;
  for (let y = rect.top; y < rect.bottom; y++) {
    const start = y * map.width + rect.left;
    for (let at = start; at < start + rect.width; at++) map.data[at] ^= values[i++];
  }
}

/**
 * @param {LabelMap} map
 * @returns {Whole}
 */
function pack(map) {
  const { width, height } = map;
  return { width, height, runs: packRuns(map.data) ?? new Uint8Array(0) };
}

/** @param {Whole} packed */
function unpack({ width, height, runs }) {
  return new LabelMap(width, height, unpackRuns(runs, width * height));
}

/**
 * Runs of equal bytes: the byte, then the length in groups of 7 bits, the lowest first. Zeros at
 * the end are left out.
 *
 * @param {Uint8Array} bytes
 * @returns {Uint8Array | null} null where all are zero
 */
function packRuns(bytes) {
  let packed = new Uint8Array(256);
  let used = 0;
  let start = 0;
  while (start < bytes.length) {
    const value = bytes[start];
    let end = start + 1;
    while (end < bytes.length && bytes[end] === value) end++;
    if (value === 0 && end === bytes.length) break;
    if (used + 6 > packed.length) {
      const larger = new Uint8Array(2 * packed.length);
      larger.set(packed);
      packed = larger;
    }
    packed[used++] = value;
    let length = end - start;
    for (; length > 127; length >>>= 7) packed[used++] = (length & 127) | 128;
    packed[used++] = length;
    start = end;
  }
  return used ? packed.slice(0, used) : null;
}

/**
 * @param {Uint8Array} packed
 * @param {number} length bytes of the result
 * @returns {Uint8Array}
 */
function unpackRuns(packed, length) {
  const bytes = new Uint8Array(length);
  let start = 0;
  for (let i = 0; i < packed.length; ) {
    const value = packed[i++];
    let run = 0;
    let shift = 0;
    let part;
    do {
      part = packed[i++];
      run |= (part & 127) << shift;
      shift += 7;
    } while (part & 128);
    bytes.fill(value, start, start + run);
    start += run;
  }
  return bytes;
}
