// @ts-check

import { ClassList } from "./class_list.js";
import { decodePng } from "./decode_png.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./write_value.js").Drawing} Drawing */
/** @typedef {keyof typeof TEXTS.readings} Reading what the pixels of a file mean */

/**
 * @typedef {object} Found what a file shows
 * @property {Drawing} drawing
 * @property {Reading} reading
 * @property {number} blended share of the pixels, 0..1, that were given to a neighbor
 * @property {number} unknown share of the pixels that became void
 */

/** A file that is no map; the message is for the artist. */
export class MapProblem extends Error {
  /**
   * @param {string} code of the server's; "unread" where there is none
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {any} answer of the server: see nodes/map_route.py
 * @param {string} file its name
 * @returns {Promise<Found>}
 * @throws {MapProblem}
 */
export async function readMap(answer, file) {
  if (Array.isArray(answer?.problem)) throw problemOf(answer.problem, file);
  const { png, reading, blended, unknown } = answer;
  const { map } = await decodePng(Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0)));
  const classes = new ClassList();
  const indices = new Uint8Array(256);
  const isNumbers = reading === "numbers";
  for (const [i, [name, number, words, color]] of answer.classes.entries()) {
    const given = name || TEXTS.numbered(number);
    // The number of an index map stays that of its class.
    indices[i + 1] = addClass(classes, given, words, color, isNumbers ? number : undefined);
  }
  for (let i = 0; i < map.data.length; i++) map.data[i] = indices[map.data[i]];
  return { drawing: { map, classes }, reading, blended, unknown };
}

/**
 * @param {ClassList} classes
 * @param {string} name
 * @param {string} words
 * @param {string | null} color taken unless another class has it
 * @param {number} [index] without it the lowest free one
 * @returns {number} its index
 */
function addClass(classes, name, words, color, index) {
  let free = name;
  // Tables may have a name twice, as may two tables.
  for (let i = 2; classes.find(free); i++) free = `${name} ${i}`;
  const taken = classes.entries.some((entry) => entry.color === color);
  return classes.add(free, words, taken || color === null ? undefined : color, index).index;
}

/**
 * @param {[string, ...number[]]} problem code and values
 * @param {string} file
 */
function problemOf([code, ...values], file) {
  /** @type {Record<string, (...values: number[]) => string>} */
  const texts = {
    notPicture: () => TEXTS.notPicture(file),
    tooLarge: TEXTS.tooLarge,
    tooManyPixels: TEXTS.tooManyPixels,
    tooManyBytes: TEXTS.tooManyBytes,
    notNumbers: () => TEXTS.notNumbers(file),
    unknownNumber: TEXTS.unknownNumber,
    tooMany: TEXTS.tooManyColors,
    photo: () => TEXTS.photo(file),
    empty: () => TEXTS.emptyMap(file),
  };
  const text = Object.hasOwn(texts, code) ? texts[code](...values) : TEXTS.mapUnread(file);
  return new MapProblem(code, text);
}

/**
 * @param {Found} found
 * @param {string} file its name
 * @returns {string} one line that says what was decided
 */
export function describe({ drawing, reading, blended, unknown }, file) {
  const parts = [TEXTS.imported(file, TEXTS.readings[reading], drawing.classes.size)];
  if (blended > 0) parts.push(TEXTS.blended(percent(blended)));
  if (unknown > 0) parts.push(TEXTS.unknown(percent(unknown)));
  return parts.join(" · ");
}

/** @param {number} share 0..1, not 0 */
function percent(share) {
  return share < 0.01 ? "<1" : String(Math.round(100 * share));
}
