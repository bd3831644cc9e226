// @ts-check

import { element } from "./element.js";
import { iconButton } from "./icon_button.js";
import { textButton } from "./text_button.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./import_map.js").Kind} Kind */

const KINDS = /** @type {Kind[]} */ (Object.keys(TEXTS.kinds));
const TYPES = "image/png,image/jpeg,image/webp";

/**
 * @typedef {object} FileActions
 * @property {(file: File) => void} load a map
 * @property {(file: File) => void} trace a reference
 * @property {() => void} dropReference
 * @property {() => void} saveColors
 * @property {() => void} saveIndex
 */

/** Import and export. */
export class FileButtons {
  #kind = element(
    "select",
    { title: TEXTS.importKind, "aria-label": TEXTS.importKind },
    ...KINDS.map((kind) =>
      element("option", { value: kind, title: TEXTS.kindTitles[kind] }, TEXTS.kinds[kind]),
    ),
  );
  #drop;
  root;

  /** @param {FileActions} actions */
  constructor({ load, trace, dropReference, saveColors, saveIndex }) {
    this.#drop = iconButton("remove", TEXTS.dropReference, dropReference);
    this.showReference(false);
    this.root = element(
      "div",
      { class: "place-painter-group" },
      ...picker(TEXTS.import, TEXTS.importTitle, load),
      this.#kind,
      ...picker(TEXTS.reference, TEXTS.referenceTitle, trace),
      this.#drop,
      textButton(TEXTS.exportColors, TEXTS.exportColorsTitle, saveColors),
      textButton(TEXTS.exportIndex, TEXTS.exportIndexTitle, saveIndex),
    );
  }

  /** @returns {Kind} what the pixels of a file mean */
  get kind() {
    return /** @type {Kind} */ (this.#kind.value);
  }

  /** @param {boolean} shown whether there is a reference to remove */
  showReference(shown) {
    this.#drop.hidden = !shown;
  }
}

/**
 * @param {string} text
 * @param {string} title
 * @param {(file: File) => void} picked
 * @returns {HTMLElement[]}
 */
function picker(text, title, picked) {
  const input = element("input", { type: "file", accept: TYPES, hidden: true, tabindex: -1 });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    // So that the same file can be picked again.
    input.value = "";
    if (file) picked(file);
  });
  return [textButton(text, title, () => input.click()), input];
}
