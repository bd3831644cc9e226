// @ts-check

import { download } from "./download.js";
import { exportColors, exportIndex } from "./export_map.js";
import { FileMenu } from "./file_menu.js";
import { ImportNotice } from "./import_notice.js";
import { MapProblem, describe, readMap } from "./read_map.js";
import { sendable } from "./read_picture.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./read_map.js").Reading} Reading */

/**
 * @typedef {object} DeskOptions
 * @property {import("./painting.js").Painting} painting
 * @property {(drawing: import("./write_value.js").Drawing) => void} replace puts a drawing in
 *   place of this one
 * @property {(file: Blob, reading: string, count: number) => Promise<any>} askForMap what a file
 *   shows: see nodes/map_route.py
 * @property {(file: File) => void} trace shows a file as reference
 * @property {() => void} dropReference
 * @property {(text: string) => void} say
 */

/** Files in and out of a painter. */
export class FileDesk {
  #options;
  menu;
  notice;
  /** The import that counts: a slow one must not replace what a later one brought. */
  #imports = 0;
  /** @type {File | null} */
  #file = null;

  /** @param {DeskOptions} options */
  constructor(options) {
    this.#options = options;
    const { painting, trace, dropReference } = options;
    this.menu = new FileMenu({
      load: (file) => this.load(file),
      trace,
      dropReference,
      saveColors: () => this.#save(exportColors, "layout_colors.png"),
      saveIndex: () => this.#save(exportIndex, "layout_index.png"),
    });
    this.notice = new ImportNotice({
      read: (reading, count) => {
        if (this.#file) this.load(this.#file, reading, count);
      },
      trace: () => {
        if (this.#file) trace(this.#file);
        this.#forget();
      },
    });
    // Once the artist goes on, another reading would undo the work.
    painting.addEventListener("edited", () => this.#forget());
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

  /**
   * @param {File} file
   * @param {Reading | "auto"} [reading]
   * @param {number} [count] of the strongest colors
   */
  async load(file, reading = "auto", count = 8) {
    const { askForMap, replace, say } = this.#options;
    const mine = ++this.#imports;
    if (file !== this.#file) this.#forget();
    say(TEXTS.readingMap(file.name));
    let found;
    try {
      found = await readMap(await askForMap(await sendable(file), reading, count), file.name);
    } catch (error) {
      if (mine === this.#imports) this.#refuse(file, error);
      return;
    }
    if (mine !== this.#imports) return;
    replace(found.drawing);
    say(TEXTS.undoBrings);
    this.#file = file;
    this.notice.show(describe(found, file.name), found.reading);
  }

  /**
   * @param {File} file
   * @param {unknown} error
   */
  #refuse(file, error) {
    this.#options.say("");
    this.#file = file;
    const known = error instanceof MapProblem;
    if (!known) console.warn("[PLACE] a map was not read:", error);
    const isPhoto = known && ["photo", "tooMany"].includes(error.code);
    this.notice.show(known ? error.message : TEXTS.mapUnread(file.name), null, isPhoto);
  }

  #forget() {
    this.#file = null;
    this.notice.close();
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
