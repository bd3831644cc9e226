// @ts-check

import { distinctColor } from "./distinct_color.js";
import { TEXTS } from "./texts.js";

/**
 * @typedef {object} ClassEntry a class of a drawing; frozen, every edit makes a new one
 * @property {number} index 1..255, its value in the label map; see `ClassList.number`
 * @property {string} name what people call it: any text of 1 to 200 characters on one line, to be
 *   shown as text and never as markup
 * @property {string} words its words in a prompt, any text, maybe empty
 * @property {string} color "#rrggbb"
 * @property {boolean} hidden whether the view leaves it out
 */

const MAX_NAME = 200;
/** All that JavaScript or Python takes for a blank: names must be the same on both sides. */
const BLANKS = /[\s\x1c-\x1f\x85]+/g;
const MAX_INDEX = 255;
/**
 * By version of a drawing: how much the index of a class is above its number.
 *
 * @type {Readonly<Record<number, number>>}
 */
const SHIFTS = { 1: 1, 2: 0 };
/** Of new drawings. Others keep theirs: texts of their workflows have the numbers of classes. */
export const VERSION = 2;

/** The classes of a drawing, in the order of the artist: at first that in which they were added. */
export class ClassList {
  /** @type {Map<number, Readonly<ClassEntry>>} */
  #entries = new Map();
  #version;

  /** @param {number} [version] of the drawing that they are of, 1..`VERSION` */
  constructor(version = VERSION) {
    this.#version = version;
  }

  /** @returns {number} of the drawing that they are of */
  get version() {
    return this.#version;
  }

  /**
   * The number by which people know a class, and by which layouts and prompts name it.
   *
   * @param {number} index
   * @returns {number}
   */
  number(index) {
    return index - SHIFTS[this.#version];
  }

  /**
   * @param {number} number
   * @returns {Readonly<ClassEntry> | undefined}
   */
  numbered(number) {
    return this.get(number + SHIFTS[this.#version]);
  }

  /** @returns {Readonly<ClassEntry>[]} */
  get entries() {
    return [...this.#entries.values()];
  }

  /** @returns {number} */
  get size() {
    return this.#entries.size;
  }

  /**
   * @param {number} index
   * @returns {Readonly<ClassEntry> | undefined}
   */
  get(index) {
    return this.#entries.get(index);
  }

  /**
   * @param {string} name in any case
   * @returns {Readonly<ClassEntry> | undefined}
   */
  find(name) {
    const key = sameName(cleanName(name));
    return this.entries.find((entry) => sameName(entry.name) === key);
  }

  /** @returns {string[]} the color of each index from 0 on, black for those of no class */
  palette() {
    const colors = Array(Math.max(0, ...this.#entries.keys()) + 1).fill("#000000");
    for (const { index, color } of this.entries) colors[index] = color;
    return colors;
  }

  /**
   * @param {string} name
   * @param {string} [words]
   * @param {string} [color] "#rrggbb"; without it one well apart from those in use
   * @param {number} [index] that no class has; without it the lowest
   * @returns {Readonly<ClassEntry>}
   */
  add(name, words = "", color = undefined, index = this.#freeIndex()) {
    if (index > MAX_INDEX) {
      throw new Error(TEXTS.problems.noMoreClasses(quoted(name), MAX_INDEX));
    }
    const chosen = color ?? distinctColor(this.entries.map((entry) => entry.color));
    return this.#put({ index, name, words, color: chosen, hidden: false });
  }

  /**
   * @param {number} index
   * @param {string} name
   * @returns {Readonly<ClassEntry>}
   */
  rename(index, name) {
    return this.#put({ ...this.#known(index), name });
  }

  /**
   * @param {number} index
   * @param {string} words
   * @returns {Readonly<ClassEntry>}
   */
  setWords(index, words) {
    return this.#put({ ...this.#known(index), words });
  }

  /**
   * @param {number} index
   * @param {string} color "#rrggbb"
   * @returns {Readonly<ClassEntry>}
   */
  recolor(index, color) {
    return this.#put({ ...this.#known(index), color });
  }

  /**
   * @param {number} index
   * @param {boolean} hidden
   * @returns {Readonly<ClassEntry>}
   */
  setHidden(index, hidden) {
    return this.#put({ ...this.#known(index), hidden });
  }

  /**
   * Puts a class elsewhere in the order; no class gets another index by that.
   *
   * @param {number} index
   * @param {number} place 0 is the first; beyond the ends the nearest end
   */
  move(index, place) {
    const entry = this.#known(index);
    const others = this.entries.filter((other) => other !== entry);
    others.splice(Math.max(0, place), 0, entry);
    this.#entries = new Map(others.map((other) => [other.index, other]));
  }

  /**
   * Takes a class off the list. Its pixels are the map's business: erase or refill them first.
   *
   * @param {number} index
   * @returns {Readonly<ClassEntry>} the class that was there
   */
  remove(index) {
    const entry = this.#known(index);
    this.#entries.delete(index);
    return entry;
  }

  /** @returns {number} the lowest that no class has */
  #freeIndex() {
    let index = 1;
    while (this.#entries.has(index)) index++;
    return index;
  }

  /** @returns {ClassEntry[]} */
  toJSON() {
    return this.entries.map((entry) => ({ ...entry }));
  }

  /**
   * @param {unknown} json what `toJSON` gave, or anything that came from a file
   * @param {number} [version] of the drawing
   * @returns {ClassList}
   * @throws {Error} what is wrong, and with which class
   */
  static fromJSON(json, version = VERSION) {
    if (!Array.isArray(json)) {
      throw new Error(TEXTS.problems.noClassList(kind(json)));
    }
    if (json.length > MAX_INDEX) {
      throw new Error(TEXTS.problems.longClassList(json.length, MAX_INDEX));
    }
    const list = new ClassList(version);
    json.forEach((item, i) => {
      try {
        list.#read(item);
      } catch (error) {
        throw new Error(TEXTS.problems.entry(i + 1, /** @type {Error} */ (error).message));
      }
    });
    return list;
  }

  /** @param {unknown} item */
  #read(item) {
    if (typeof item !== "object" || item === null || Array.isArray(item)) {
      throw new Error(TEXTS.problems.noEntry(kind(item)));
    }
    const { index, name, words, color, hidden } = /** @type {Record<string, unknown>} */ (item);
    if (typeof index !== "number" || !Number.isInteger(index) || index < 1 || index > MAX_INDEX) {
      throw new Error(TEXTS.problems.badIndex(shown(index), MAX_INDEX));
    }
    const other = this.#entries.get(index);
    if (other) {
      throw new Error(TEXTS.problems.takenIndex(index, quoted(other.name)));
    }
    this.#put(/** @type {ClassEntry} */ ({ index, name, words, color, hidden }));
  }

  /** @param {number} index */
  #known(index) {
    const entry = this.#entries.get(index);
    if (!entry) {
      throw new Error(TEXTS.problems.unknownIndex(index, [...this.#entries.keys()].join(", ") || "–"));
    }
    return entry;
  }

  /**
   * Puts a checked entry in, in its old place where it has one.
   *
   * @param {ClassEntry} entry
   */
  #put({ index, name, words, color, hidden }) {
    const checked = Object.freeze({
      index,
      name: this.#checkName(name, index),
      words: checkWords(words),
      color: checkColor(color),
      hidden: checkHidden(hidden),
    });
    this.#entries.set(index, checked);
    return checked;
  }

  /**
   * @param {unknown} name
   * @param {number} index of the entry that will have it
   * @returns {string}
   */
  #checkName(name, index) {
    if (typeof name !== "string") throw new Error(TEXTS.problems.badName(kind(name)));
    const clean = cleanName(name);
    const length = [...clean].length;
    if (length === 0) throw new Error(TEXTS.problems.noName);
    if (length > MAX_NAME) {
      throw new Error(TEXTS.problems.longName(quoted(clean), length, MAX_NAME));
    }
    const other = this.find(clean);
    if (other && other.index !== index) {
      throw new Error(TEXTS.problems.takenName(quoted(clean)));
    }
    return clean;
  }
}

/**
 * On one line, because prompts of classes are written one a line; and well formed, because half of
 * a character could not be saved as UTF-8.
 *
 * @param {string} name
 */
function cleanName(name) {
  return wellFormed(name).replace(BLANKS, " ").trim();
}

/** @param {string} text */
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** @param {string} name */
function sameName(name) {
  return name.normalize("NFC").toLowerCase();
}

/**
 * @param {unknown} words
 * @returns {string}
 */
function checkWords(words) {
  if (typeof words !== "string") throw new Error(TEXTS.problems.badWords(kind(words)));
  return wellFormed(words).trim();
}

/**
 * @param {unknown} color
 * @returns {string}
 */
function checkColor(color) {
  if (typeof color !== "string" || !/^#[0-9a-f]{6}$/i.test(color)) {
    throw new Error(TEXTS.problems.badColor(shown(color)));
  }
  return color.toLowerCase();
}

/**
 * @param {unknown} hidden
 * @returns {boolean}
 */
function checkHidden(hidden) {
  if (typeof hidden !== "boolean") {
    throw new Error(TEXTS.problems.badHidden(shown(hidden)));
  }
  return hidden;
}

/**
 * @param {unknown} value
 * @returns {string} what it is, without its content
 */
function kind(value) {
  if (value === null || value === undefined) return TEXTS.problems.missing;
  return Array.isArray(value) ? TEXTS.problems.list : TEXTS.problems.type(typeof value);
}

/**
 * @param {unknown} value
 * @returns {string} a text or number as it is, anything else by its kind
 */
function shown(value) {
  if (typeof value === "string") return quoted(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kind(value);
}

/**
 * @param {string} text
 * @returns {string} in quotation marks, cut where it is long
 */
function quoted(text) {
  const characters = [...text];
  return `“${characters.length > 40 ? `${characters.slice(0, 40).join("")}…` : text}”`;
}
