// @ts-check

import { download } from "./download.js";
import { exportColors, exportIndex } from "./export_map.js";
import { FileButtons } from "./file_buttons.js";
import { importMap } from "./import_map.js";
import { TEXTS } from "./texts.js";

/**
 * @typedef {object} DeskOptions
 * @property {import("./painting.js").Painting} painting
 * @property {import("./tables.js").Tables} tables
 * @property {(drawing: import("./write_value.js").Drawing) => void} replace puts a drawing in
 *   place of this one
 * @property {(file: File) => void} trace shows a file as reference
 * @property {() => void} dropReference
 * @property {(text: string) => void} say
 */

/** Files in and out of a painter. */
export class FileDesk {
  #options;
  buttons;
  /** The import that counts: a slow one must not replace what a later one brought. */
  #imports = 0;

  /** @param {DeskOptions} options */
  constructor(options) {
    this.#options = options;
    this.buttons = new FileButtons({
      load: (file) => this.load(file),
      trace: options.trace,
      dropReference: options.dropReference,
      saveColors: () => this.#save(exportColors, "layout_colors.png"),
      saveIndex: () => this.#save(exportIndex, "layout_index.png"),
    });
  }

  /**
   * Takes files that are dropped on an element: as a map, or with Shift as reference.
   *
   * @param {HTMLElement} root
   */
  takeDrops(root) {
    root.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
    });
    root.addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      // Else the host would take it, and load the workflow that a PNG may hold.
      event.preventDefault();
      event.stopPropagation();
      if (event.shiftKey) this.#options.trace(file);
      else this.load(file);
    });
  }

  /** @param {File} file */
  async load(file) {
    const { replace, tables, say } = this.#options;
    const mine = ++this.#imports;
    try {
      const drawing = await importMap(file, this.buttons.kind, tables);
      if (mine !== this.#imports) return;
      replace(drawing);
      say(TEXTS.imported(file.name, drawing.classes.size));
    } catch (error) {
      if (mine === this.#imports) say(/** @type {Error} */ (error).message);
    }
  }

  /**
   * @param {(drawing: import("./write_value.js").Drawing) => Promise<Blob>} write
   * @param {string} name
   */
  async #save(write, name) {
    try {
      download(await write(this.#options.painting), name);
      const { version } = this.#options.painting.classes;
      if (write === exportIndex && version === 1) this.#options.say(TEXTS.exportedOneAbove);
    } catch (error) {
      this.#options.say(/** @type {Error} */ (error).message);
    }
  }
}
