// @ts-check

import { element } from "./element.js";
import { LabelMap } from "./label_map.js";
import { TEXTS } from "./texts.js";

/**
 * @param {File} file
 * @returns {Promise<ImageData>} its colors as they are in the file
 * @throws {Error} it is no picture, or too large
 */
export async function readPicture(file) {
  const bitmap = await decoded(file);
  try {
    const { width, height } = bitmap;
    if (width > LabelMap.MAX_SIDE || height > LabelMap.MAX_SIDE) {
      throw new Error(TEXTS.tooLarge(width, height, LabelMap.MAX_SIDE));
    }
    const canvas = element("canvas", { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { willReadFrequently: true })
    );
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

/** @param {File} file */
async function decoded(file) {
  try {
    // A color profile would shift the colors of a table.
    return await createImageBitmap(file, {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch {
    throw new Error(TEXTS.notPicture(file.name));
  }
}
