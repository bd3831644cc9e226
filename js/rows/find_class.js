// @ts-check

import { inPlainSigns } from "./lines.js";
import { strip } from "./strip.js";

/** @typedef {import("../layout_class.js").LayoutClass} LayoutClass */

const WORD = "[\\p{L}\\p{N}_]";
/** Between a character of a word and another: `\b` knows no letters but those of English. */
const EDGE = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;

/**
 * The class that a line means, by the rules of `parse_class_prompts` in place_core/prompts.py: its
 * color, number or name, or a part of its name that no other class has. Of several that fit, one
 * that the map shows wins.
 *
 * @param {LayoutClass[]} classes the whole table
 * @param {string} key
 * @returns {LayoutClass | undefined} undefined where none fits, or several do
 */
export function findClass(classes, key) {
  const text = strip(key).toLowerCase();
  const plain = inPlainSigns(text);
  if (/^#[0-9a-f]{6}$/.test(plain)) {
    const found = classes.find(({ color }) => color.toLowerCase() === plain);
    if (found) return found;
  }
  // Other digits than ours are numbers in Python too; no class is looked for by those here.
  if (/^\p{Nd}+$/u.test(text)) return classes.find(({ id }) => id === Number(plain));
  const part = new RegExp(`${EDGE}${escape(text)}${EDGE}`, "u");
  /** @type {((name: string) => boolean)[]} the first that any class fits decides */
  const tests = [
    (name) => name === text,
    (name) => name.startsWith(`${text} `),
    (name) => part.test(name),
  ];
  for (const test of tests) {
    const fitting = classes.filter(({ name }) => test(name.toLowerCase()));
    if (fitting.length === 0) continue;
    if (fitting.length === 1) return fitting[0];
    const shown = fitting.filter(({ coverage }) => coverage > 0);
    return shown.length === 1 ? shown[0] : undefined;
  }
  return undefined;
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
