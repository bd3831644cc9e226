// @ts-check

/**
 * Refuses a map with pixels of a class that nobody knows.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {import("./class_list.js").ClassList} classes
 */
export function checkClasses(map, classes) {
  map.counts().forEach((count, index) => {
    if (index > 0 && count > 0 && !classes.get(index)) {
      throw new Error(`${count} pixels have the index ${index}, which is not on the class list.`);
    }
  });
}
