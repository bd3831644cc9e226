// @ts-check

import { checkClasses } from "./check_classes.js";
import { ClassList, VERSION } from "./class_list.js";
import { decodePng } from "./decode_png.js";
import { LabelMap } from "./label_map.js";
import { TEXTS } from "./texts.js";

/**
 * Reads the value of the painter's widget.
 *
 * @param {string} value what `writeValue` gave, or whatever a workflow holds in its place
 * @returns {Promise<import("./write_value.js").Drawing | null>} null of an empty value
 * @throws {Error} what is wrong and what to do, to be shown to the artist as text
 */
export async function readValue(value) {
  if (typeof value !== "string") {
    throw new Error(TEXTS.problems.damaged(TEXTS.problems.noText));
  }
  if (value.trim() === "") return null;
  const content = parse(value);
  const { version } = content;
  if (version !== 1 && version !== VERSION) throw new Error(unknownVersion(version));
  try {
    const { width, height } = readSize(content);
    const classes = ClassList.fromJSON(content.classes, version);
    const map = await readPicture(content.png);
    if (map.width !== width || map.height !== height) {
      throw new Error(TEXTS.problems.otherSize(`${map.width}×${map.height}`, `${width}×${height}`));
    }
    checkClasses(map, classes);
    return { map, classes };
  } catch (error) {
    const message = /** @type {Error} */ (error).message;
    throw new Error(TEXTS.problems.damaged(message), { cause: error });
  }
}

/**
 * @param {string} value
 * @returns {Record<string, unknown>}
 */
function parse(value) {
  let content;
  try {
    content = JSON.parse(value);
  } catch {
    content = null;
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new Error(TEXTS.problems.damaged(TEXTS.problems.unreadable));
  }
  return content;
}

/** @param {unknown} version */
function unknownVersion(version) {
  if (typeof version === "number" && version > VERSION) {
    return TEXTS.problems.newerVersion(version, VERSION);
  }
  const text = String(JSON.stringify(version) ?? "none").slice(0, 40);
  return TEXTS.problems.strangeVersion(text, VERSION);
}

/**
 * @param {Record<string, unknown>} content
 * @returns {{width: number, height: number}}
 */
function readSize(content) {
  const [width, height] = ["width", "height"].map((name) => {
    const side = content[name];
    if (
      typeof side !== "number" ||
      !Number.isInteger(side) ||
      side < 1 ||
      side > LabelMap.MAX_SIDE
    ) {
      const text = String(JSON.stringify(side) ?? TEXTS.problems.missing).slice(0, 40);
      throw new Error(TEXTS.problems.badSide(name, text, LabelMap.MAX_SIDE));
    }
    return side;
  });
  return { width, height };
}

/**
 * @param {unknown} png base64
 * @returns {Promise<LabelMap>}
 */
async function readPicture(png) {
  const bytes = bytesOf(png);
  try {
    return (await decodePng(bytes)).map;
  } catch (error) {
    // Its advice is for files of a paint program; the console still shows what it found.
    throw new Error(TEXTS.problems.badPicture, { cause: error });
  }
}

/**
 * @param {unknown} png base64
 * @returns {Uint8Array}
 */
function bytesOf(png) {
  if (typeof png !== "string" || png === "") throw new Error(TEXTS.problems.noPicture);
  let text;
  try {
    text = atob(png);
  } catch {
    throw new Error(TEXTS.problems.noBase64);
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
