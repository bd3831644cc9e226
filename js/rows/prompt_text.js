// @ts-check

import { findClass } from "./find_class.js";
import { strip } from "./strip.js";

/** @typedef {import("../layout_class.js").LayoutClass} LayoutClass */

/** What ends a line for Python's `str.splitlines`. */
const LINE_END = /(\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029])/g;

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
    const { key, value } = readLine(line);
    const found = key && findClass(classes, key);
    if (found && !words.has(found.id)) words.set(found.id, value);
  }
  return words;
}

/**
 * Gives a class other words. Every other line stays as it is; a class that has none gets one at
 * the end.
 *
 * @param {string} text
 * @param {LayoutClass[]} classes the whole table
 * @param {LayoutClass} entry the class, one of the table
 * @param {string} words "" are those of the table
 * @returns {string} the text with them
 */
export function writeWords(text, classes, entry, words) {
  const value = strip(words.replace(LINE_END, " "));
  const parts = text.split(LINE_END);
  const at = parts.findIndex((line) => {
    const { key } = readLine(line);
    return key !== "" && findClass(classes, key) === entry;
  });
  if (at >= 0) {
    const line = parts[at];
    parts[at] = `${line.slice(0, line.indexOf("=") + 1)}${value && ` ${value}`}`;
    return parts.join("");
  }
  if (!value) return text;
  const line = `${keyOf(classes, entry)} = ${value}`;
  return parts.at(-1) === "" ? text + line : `${text}\n${line}`;
}

/**
 * @param {string} line
 * @returns {{key: string, value: string}} an empty key where the line is none of a class
 */
function readLine(line) {
  const equals = line.indexOf("=");
  if (equals < 0 || strip(line).startsWith("//")) return { key: "", value: "" };
  return { key: strip(line.slice(0, equals)), value: strip(line.slice(equals + 1)) };
}

/**
 * @param {LayoutClass[]} classes
 * @param {LayoutClass} entry
 * @returns {string} its name, or its number where a line with the name would mean something else
 */
function keyOf(classes, entry) {
  const { id, name } = entry;
  const lines = `${name} = x`.split(LINE_END);
  const { key } = readLine(lines[0]);
  const isClear = lines.length === 1 && key === name && findClass(classes, key) === entry;
  return isClear ? name : String(id);
}
