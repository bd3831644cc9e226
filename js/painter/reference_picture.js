// @ts-check

import { TEXTS } from "./texts.js";

/**
 * @typedef {object} Reference
 * @property {string} url
 * @property {string} name
 * @property {boolean} own whether the artist loaded it, and not the graph
 */

/** The picture under the drawing, which is no part of the drawing. Tells of a "change". */
export class ReferencePicture extends EventTarget {
  /** @type {Reference | null} */
  #shown = null;
  #canvas;
  #menu;

  /**
   * @param {import("./canvas_view.js").CanvasView} canvas
   * @param {import("./file_menu.js").FileMenu} menu
   * @param {(text: string) => void} say
   */
  constructor(canvas, menu, say) {
    super();
    this.#canvas = canvas;
    this.#menu = menu;
    const { image } = canvas;
    image.addEventListener("load", () => {
      if (!this.#shown?.own) return;
      say(TEXTS.referenceShown(this.#shown.name, image.naturalWidth, image.naturalHeight));
    });
    image.addEventListener("error", () => {
      if (!this.#shown) return;
      this.show(null);
      say(TEXTS.referenceFailed);
    });
  }

  /** @returns {Reference | null} */
  get shown() {
    return this.#shown;
  }

  /** @param {Reference | null} reference null shows none */
  show(reference) {
    if (reference?.url === this.#shown?.url) return;
    if (this.#shown?.own) URL.revokeObjectURL(this.#shown.url);
    this.#shown = reference;
    this.#canvas.setReference(reference?.url ?? null);
    this.#menu.showReference(reference !== null);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {File} file */
  load(file) {
    this.show({ url: URL.createObjectURL(file), name: file.name, own: true });
  }
}
