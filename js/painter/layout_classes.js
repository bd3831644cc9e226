// @ts-check

/**
 * The classes of the layout that Python reads from a drawing, by the rules of place_core/painted.py.
 *
 * @param {import("./painting.js").Painting} painting
 * @returns {import("../layout_class.js").LayoutClass[]} by ascending id
 */
export function layoutClasses({ map, classes }) {
  const counts = map.counts();
  return classes.entries
    .map(({ index, name, words, color }) => ({
      id: classes.number(index),
      name,
      words: words || name,
      color,
      coverage: counts[index] / map.data.length,
    }))
    .sort((a, b) => a.id - b.id);
}
