// @ts-check

/** @typedef {import("./search_classes.js").TableClass} TableClass */
/** @typedef {Map<string, TableClass[]>} Tables by name, each class at the place of its id */

/**
 * @param {unknown} json by table name, rows of [name, words, "#rrggbb"]; anything else is left out,
 *   as the painter works without tables too
 * @returns {Tables}
 */
export function readTables(json) {
  /** @type {Tables} */
  const tables = new Map();
  if (typeof json !== "object" || json === null) return tables;
  for (const [table, rows] of Object.entries(json)) {
    if (!Array.isArray(rows)) continue;
    tables.set(
      table,
      rows.map(([name, words, color], id) => ({
        id,
        name: String(name),
        words: String(words),
        color: String(color).toLowerCase(),
      })),
    );
  }
  return tables;
}

/**
 * @param {Tables} tables
 * @param {string} name
 * @returns {TableClass | undefined} the first class of this name
 */
export function findName(tables, name) {
  for (const table of tables.values()) {
    const found = table.find((entry) => entry.name === name);
    if (found) return found;
  }
  return undefined;
}
