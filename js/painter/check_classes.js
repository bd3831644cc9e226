// @ts-check

import { TEXTS } from "./texts.js";

/**
 * Refuses a map with pixels of a class that nobody knows.
 *
 * @param {import("./label_map.js").LabelMap} map
 * @param {import("./class_list.js").ClassList} classes
 */
export function checkClasses(map, classes) {
  map.counts().forEach((count, index) => {
    if (index > 0 && count > 0 && !classes.get(index)) {
      throw new Error(TEXTS.problems.unlisted(count, index));
    }
  });
}
