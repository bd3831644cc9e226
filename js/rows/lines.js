// @ts-check

import { SPACES, strip } from "./strip.js";

/** What ends a line for Python's `str.splitlines`. */
export const LINE_END = /(\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029])/g;
/** At the start of a line or after white space, so that an address such as https://… stays whole. */
const COMMENT = new RegExp(`(?<![^${SPACES}])//`);
/** Chinese and Japanese keyboards write the second. */
const EQUALS = /[=\uff1d]/;

/**
 * @typedef {object} Entry a line "key = value // comment", by the rules of place_core/lines.py
 * @property {string} key without white space around it; empty where the line is none of a class
 * @property {string} value without white space around it
 * @property {string} head all of the line up to its "="
 * @property {string} comment from its "//" on; empty where there is none
 */

/**
 * @param {string} line
 * @returns {Entry}
 */
export function readEntry(line) {
  const start = line.search(COMMENT);
  const body = start < 0 ? line : line.slice(0, start);
  const comment = start < 0 ? "" : line.slice(start);
  const equals = body.search(EQUALS);
  if (equals < 0) return { key: "", value: "", head: body, comment };
  const [key, value] = [strip(body.slice(0, equals)), strip(body.slice(equals + 1))];
  return { key, value, head: body.slice(0, equals + 1), comment };
}

/**
 * @param {string} text
 * @returns {string} what of it can be the value of a line
 */
export function asValue(text) {
  const line = text.replace(LINE_END, " ");
  const start = line.search(COMMENT);
  return strip(start < 0 ? line : line.slice(0, start));
}

/**
 * @param {string} text
 * @returns {string} in plain signs, of those that a keyboard for wide letters writes
 */
export function inPlainSigns(text) {
  return text.normalize("NFKC");
}
