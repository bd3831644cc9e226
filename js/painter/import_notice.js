// @ts-check

import { element } from "./element.js";
import { iconButton } from "./icon_button.js";
import { textButton } from "./text_button.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./read_map.js").Reading} Reading */

const READINGS = /** @type {Reading[]} */ (Object.keys(TEXTS.readings));
const STRONGEST = "strongest";
/** A photograph in so few colors can still be told. */
const COLORS = 8;

/**
 * @typedef {object} NoticeActions
 * @property {(reading: Reading, count: number) => void} read reads the file once more, so
 * @property {() => void} trace shows the file as reference
 */

/** Says how a file was read, and offers the other ways. */
export class ImportNotice {
  #text = element("span", { class: "place-painter-notice-text", role: "status", dir: "auto" });
  #reading = element(
    "select",
    { "aria-label": TEXTS.readAs },
    element("option", { value: "", disabled: true }, "…"),
    ...READINGS.map((reading) => element("option", { value: reading }, TEXTS.readings[reading])),
  );
  #count = element("input", {
    type: "number",
    min: 1,
    max: 255,
    step: 1,
    value: COLORS,
    title: TEXTS.colorCount,
    "aria-label": TEXTS.colorCount,
  });
  #take;
  #trace;
  root;

  /** @param {NoticeActions} actions */
  constructor({ read, trace }) {
    const again = () => {
      read(/** @type {Reading} */ (this.#reading.value), Number(this.#count.value) || COLORS);
    };
    this.#reading.addEventListener("change", again);
    this.#count.addEventListener("change", () => {
      if (this.#reading.value === STRONGEST) again();
    });
    this.#take = textButton(TEXTS.takeStrongest, TEXTS.takeStrongestTitle, () => {
      this.#reading.value = STRONGEST;
      again();
    });
    this.#trace = textButton(TEXTS.useAsReference, TEXTS.fileItems.reference.title, trace);
    this.root = element(
      "div",
      { class: "place-painter-notice", hidden: true },
      this.#text,
      element("label", {}, TEXTS.readAs, this.#reading),
      this.#count,
      this.#take,
      this.#trace,
      iconButton("remove", TEXTS.closeNotice, () => this.close()),
    );
  }

  /**
   * @param {string} text what was decided, or what is wrong
   * @param {Reading | null} reading how the file was read; null where it was not
   * @param {boolean} [isPhoto] whether the strongest colors are a way out
   */
  show(text, reading, isPhoto = false) {
    this.#text.textContent = text;
    this.#text.title = text;
    this.#reading.value = reading ?? "";
    this.#count.hidden = !isPhoto && reading !== STRONGEST;
    this.#take.hidden = !isPhoto;
    this.#trace.hidden = !isPhoto;
    this.root.hidden = false;
  }

  close() {
    this.root.hidden = true;
  }
}
