// @ts-check

/**
 * @typedef {object} TableClass a class of ADE20K or COCO-Stuff
 * @property {number} id
 * @property {string} name
 * @property {string} words
 * @property {string} color "#rrggbb"
 */

/**
 * Finds classes by what was typed, in any case: first those of this very name, then those whose name
 * begins with it, then those with a word that begins with it, then those that have it anywhere.
 *
 * @param {TableClass[]} table
 * @param {string} text empty finds all
 * @param {number} limit how many to return at most
 * @returns {TableClass[]} within each group in the table's order
 */
export function searchClasses(table, text, limit) {
  const wanted = text.trim().replace(/\s+/g, " ").toLowerCase();
  /** @type {TableClass[][]} */
  const groups = [[], [], [], []];
  for (const entry of table) {
    const rank = rankOf(entry, wanted);
    if (rank >= 0) groups[rank].push(entry);
  }
  return groups.flat().slice(0, limit);
}

/**
 * @param {TableClass} entry
 * @param {string} wanted lower case
 * @returns {number} 0 the best, 3 the last, -1 not at all
 */
function rankOf(entry, wanted) {
  const name = entry.name.toLowerCase();
  const both = `${name}\n${entry.words.toLowerCase()}`;
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  let rank = -1;
  for (let at = both.indexOf(wanted); at >= 0; at = both.indexOf(wanted, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(both[at - 1])) return 2;
    rank = 3;
  }
  return rank;
}
