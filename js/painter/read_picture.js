// @ts-check

import { element } from "./element.js";
import { LabelMap } from "./label_map.js";
import { MapProblem } from "./read_map.js";
import { TEXTS } from "./texts.js";

/** What the server reads by itself, numbers included. */
const SENT_AS_THEY_ARE = ["image/png", "image/jpeg", "image/webp", ""];

/**
 * @param {File} file any picture that the browser knows
 * @returns {Promise<Blob>} it, or a PNG of its colors where only the browser can read it
 * @throws {MapProblem} it is no picture, or too large
 */
export async function sendable(file) {
  if (SENT_AS_THEY_ARE.includes(file.type)) return file;
  const bitmap = await decoded(file);
  try {
    const { width, height } = bitmap;
    const most = LabelMap.MAX_SIDE;
    if (width > most || height > most) {
      throw new MapProblem("tooLarge", TEXTS.tooLarge(width, height, most));
    }
    const canvas = element("canvas", { width, height });
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    return await new Promise((resolve, reject) => {
      const unread = new MapProblem("unread", TEXTS.mapUnread(file.name));
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(unread)), "image/png");
    });
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
    throw new MapProblem("notPicture", TEXTS.notPicture(file.name));
  }
}
