// @ts-check

/**
 * @typedef {object} LayoutClass a class of a layout's table
 * @property {number} id
 * @property {string} name any text, to be shown as text and never as markup
 * @property {string} words its words in a prompt, maybe empty
 * @property {string} color "#rrggbb"
 * @property {number} coverage its share of the pixels, 0..1; 0 is a class that no map shows
 */

/**
 * @param {unknown} rows `[id, name, words, color, coverage]` of each class, as nodes/class_rows.py
 *   gives them; or whatever a workflow holds in their place
 * @returns {LayoutClass[] | undefined} by ascending id; undefined of no list
 */
export function readClasses(rows) {
  if (!Array.isArray(rows)) return undefined;
  /** @type {Map<number, LayoutClass>} */
  const classes = new Map();
  for (const row of rows) {
    const [id, name, words, color, coverage] = Array.isArray(row) ? row : [];
    const sound =
      Number.isInteger(id) &&
      typeof name === "string" &&
      typeof words === "string" &&
      /^#[0-9a-f]{6}$/i.test(color) &&
      typeof coverage === "number";
    if (sound) classes.set(id, { id, name, words, color, coverage });
  }
  return [...classes.values()].sort((a, b) => a.id - b.id);
}

/**
 * @param {LayoutClass} entry
 * @returns {string} its number for people; empty where its name has another, as in "color 1", by
 *   the rule of `LayoutClass.label` in place_core/layout.py
 */
export function shownNumber({ id, name }) {
  const own = /^color ([0-9]{1,3})$/.exec(name);
  return own && Number(own[1]) !== id ? "" : String(id);
}
