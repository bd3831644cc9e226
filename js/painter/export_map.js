// @ts-check

import { encodePng } from "./encode_png.js";
import { LabelLayer } from "./label_layer.js";
import { Rect } from "./rect.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./write_value.js").Drawing} Drawing */

/**
 * @param {Drawing} drawing
 * @returns {Promise<Blob>} a PNG of the classes' colors, hidden ones too; void is transparent
 */
export function exportColors({ map, classes }) {
  const layer = new LabelLayer();
  layer.setColors(classes, true);
  layer.paint(map, new Rect(0, 0, map.width, map.height));
  return new Promise((resolve, reject) => {
    layer.canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error(TEXTS.problems.noPng));
    }, "image/png");
  });
}

/**
 * @param {Drawing} drawing
 * @returns {Promise<Blob>} a PNG whose pixels are the classes' numbers, with their colors
 */
export async function exportIndex({ map, classes }) {
  const bytes = await encodePng(map, classes.palette());
  return new Blob([/** @type {BlobPart} */ (bytes)], { type: "image/png" });
}
