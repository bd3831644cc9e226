// @ts-check

/** What Python takes for white space; JavaScript's own idea of it is a little different. */
export const SPACES =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const ENDS = new RegExp(`^[${SPACES}]+|[${SPACES}]+$`, "g");

/**
 * @param {string} text
 * @returns {string} without white space around it, as Python's `str.strip`
 */
export function strip(text) {
  return text.replace(ENDS, "");
}
