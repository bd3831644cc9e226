// @ts-check

import { ClassList } from "./class_list.js";
import { decodePng } from "./decode_png.js";
import { fromColors } from "./from_colors.js";
import { readPicture } from "./read_picture.js";
import { findColor } from "./tables.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./write_value.js").Drawing} Drawing */
/** @typedef {import("./tables.js").Tables} Tables */
/** @typedef {"colors" | "numbers" | "ade20k" | "coco"} Kind what a file's pixels mean */
/**
 * @typedef {object} Found
 * @property {string} name
 * @property {string} words
 * @property {string} [color]
 * @property {number} [index] without it the lowest free one
 */

const MAX_CLASSES = 255;
const ADE20K = "ADE20K";
const COCO_STUFF = "COCO-Stuff";
const COCO_VOID = 255;

/**
 * Reads a file as a drawing.
 *
 * @param {File} file PNG, or for colors any picture that the browser knows
 * @param {Kind} kind
 * @param {Tables} tables
 * @returns {Promise<Drawing>}
 * @throws {Error} what is wrong with the file and what to do
 */
export async function importMap(file, kind, tables) {
  if (kind === "colors") return importColors(await readPicture(file), tables);
  const { map, colors } = await decodePng(new Uint8Array(await file.arrayBuffer()));
  const classOf = {
    numbers: (/** @type {number} */ value) => numbered(value, colors, tables),
    ade20k: (/** @type {number} */ value) =>
      value === 0 ? null : known(tables, ADE20K, value - 1, value),
    coco: (/** @type {number} */ value) =>
      value === COCO_VOID ? null : known(tables, COCO_STUFF, value, value),
  }[kind];
  return renumbered(map, classOf);
}

/**
 * @param {ImageData} picture
 * @param {Tables} tables
 * @returns {Drawing}
 */
function importColors({ data, width, height }, tables) {
  let found;
  try {
    found = fromColors(data, width, height);
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message} ${TEXTS.tracing}`, { cause: error });
  }
  const classes = new ClassList();
  // In this order they get the numbers that the map has.
  found.colors.forEach((color, i) => {
    const known = findColor(tables, color) ?? { name: TEXTS.numbered(i + 1), words: "" };
    addClass(classes, { ...known, color });
  });
  return { map: found.map, classes };
}

/**
 * @param {number} value
 * @param {string[] | null} colors of the file
 * @param {Tables} tables
 * @returns {Found | null}
 */
function numbered(value, colors, tables) {
  if (value === 0) return null;
  const color = colors?.[value];
  const named = color && findColor(tables, color);
  // The number of an index map stays that of its class.
  return { ...(named || { name: TEXTS.numbered(value), words: "", color }), index: value };
}

/**
 * @param {Tables} tables
 * @param {string} table
 * @param {number} id
 * @param {number} value of the pixel
 * @returns {Found}
 */
function known(tables, table, id, value) {
  const found = tables.get(table)?.[id];
  if (!found) throw new Error(TEXTS.unknownNumber(value, table));
  return found;
}

/**
 * @param {import("./label_map.js").LabelMap} map of a file's values; changed in place
 * @param {(value: number) => Found | null} classOf null is void
 * @returns {Drawing}
 */
function renumbered(map, classOf) {
  const classes = new ClassList();
  const indices = new Uint8Array(256);
  map.counts().forEach((count, value) => {
    const found = count > 0 ? classOf(value) : null;
    if (!found) return;
    if (classes.size === MAX_CLASSES) throw new Error(TEXTS.tooManyClasses);
    indices[value] = addClass(classes, found);
  });
  const { data } = map;
  for (let i = 0; i < data.length; i++) data[i] = indices[data[i]];
  return { map, classes };
}

/**
 * @param {ClassList} classes
 * @param {Found} found its color is taken unless another class has it
 * @returns {number} its index
 */
function addClass(classes, { name, words, color, index }) {
  let free = name;
  // Tables may have a name twice, as may two tables.
  for (let i = 2; classes.find(free); i++) free = `${name} ${i}`;
  const taken = classes.entries.some((entry) => entry.color === color);
  return classes.add(free, words, taken ? undefined : color, index).index;
}
