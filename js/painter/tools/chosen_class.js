// @ts-check

import { TEXTS } from "../texts.js";

/**
 * @param {import("./tool.js").Bench} bench
 * @returns {Readonly<import("../class_list.js").ClassEntry> | null} the class to paint with;
 *   without one the artist is told
 */
export function chosenClass({ painting, settings, say }) {
  const entry = painting.classes.get(settings.values.index);
  if (!entry) say(TEXTS.chooseClass);
  return entry ?? null;
}
