// @ts-check

import { findClass } from "./find_class.js";
import { LINE_END, asValue, readEntry } from "./lines.js";

/** @typedef {import("../layout_class.js").LayoutClass} LayoutClass */

/**
 * The words that a text of lines "class = words" has for each class, by the rules of
 * `parse_class_prompts` in place_core/prompts.py.
 *
 * @param {string} text may have lines that are wrong, or of classes that are not in the table
 * @param {LayoutClass[]} classes the whole table
 * @returns {Map<number, string>} by id; of two lines of a class, which is an error, the first
 */
export function readWords(text, classes) {
  /** @type {Map<number, string>} */
  const words = new Map();
  for (const line of text.split(LINE_END)) {
    const { key, value } = readEntry(line);
    const found = key && findClass(classes, key);
    if (found && !words.has(found.id)) words.set(found.id, value);
  }
  return words;
}

/**
 * Gives a class other words. Every other line and every comment stays as it is; a class that has
 * no line gets one at the end.
 *
 * @param {string} text
 * @param {LayoutClass[]} classes the whole table
 * @param {LayoutClass} entry the class, one of the table
 * @param {string} words "" are those of the table
 * @returns {string} the text with them
 */
export function writeWords(text, classes, entry, words) {
  const value = asValue(words);
  const parts = text.split(LINE_END);
  const at = findLine(parts, classes, entry);
  if (at >= 0) {
    const { head, comment } = readEntry(parts[at]);
    parts[at] = [head, value, comment].filter(Boolean).join(" ");
    return parts.join("");
  }
  if (!value) return text;
  const line = `${keyOf(classes, entry)} = ${value}`;
  return parts.at(-1) === "" ? text + line : `${text}\n${line}`;
}

/**
 * Gives a class its own words back.
 *
 * @param {string} text
 * @param {LayoutClass[]} classes the whole table
 * @param {LayoutClass} entry the class, one of the table
 * @returns {string} the text without its line; where that has a comment, with its words taken out
 */
export function dropWords(text, classes, entry) {
  const parts = text.split(LINE_END);
  const at = findLine(parts, classes, entry);
  if (at < 0) return text;
  if (readEntry(parts[at]).comment) return writeWords(text, classes, entry, "");
  // Between two lines is what ended the first.
  if (at + 1 < parts.length) parts.splice(at, 2);
  else parts.splice(Math.max(0, at - 1), 2);
  return parts.join("");
}

/**
 * @param {string[]} lines
 * @param {LayoutClass[]} classes
 * @param {LayoutClass} entry
 * @returns {number} where the first line of the class is; -1 where it has none
 */
function findLine(lines, classes, entry) {
  return lines.findIndex((line) => {
    const { key } = readEntry(line);
    return key !== "" && findClass(classes, key) === entry;
  });
}

/**
 * @param {LayoutClass[]} classes
 * @param {LayoutClass} entry
 * @returns {string} its name, or its number where a line with the name would mean something else
 */
function keyOf(classes, entry) {
  const { id, name } = entry;
  const lines = `${name} = x`.split(LINE_END);
  const { key } = readEntry(lines[0]);
  const isClear = lines.length === 1 && key === name && findClass(classes, key) === entry;
  return isClear ? name : String(id);
}
