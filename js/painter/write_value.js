// @ts-check

import { checkClasses } from "./check_classes.js";
import { encodePng } from "./encode_png.js";

/**
 * @typedef {object} Drawing
 * @property {import("./label_map.js").LabelMap} map
 * @property {import("./class_list.js").ClassList} classes has every index of the map but 0
 */

/**
 * Writes a drawing as the value of the painter's widget: text that a workflow can hold.
 *
 * @param {Drawing | null} drawing null is one that was never touched
 * @returns {Promise<string>} JSON with version, width, height, classes and png (base64); "" of null
 * @throws {Error} the map has a class that is not on the list
 */
export async function writeValue(drawing) {
  if (!drawing) return "";
  const { map, classes } = drawing;
  // Better now than a workflow that cannot be read again.
  checkClasses(map, classes);
  // All taken now: the artist may go on while the PNG is packed.
  const { version } = classes;
  const list = classes.toJSON();
  const png = base64(await encodePng(map, classes.palette()));
  return JSON.stringify({ version, width: map.width, height: map.height, classes: list, png });
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  // In parts: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}
