// @ts-check

import { shownNumber } from "../layout_class.js";
import { element } from "../painter/element.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("../layout_class.js").LayoutClass} LayoutClass */

/** A class and its words. */
export class ClassRow {
  #swatch = element("span", { class: "place-rows-swatch" });
  #number = element("span", { class: "place-rows-number" });
  #name = element("span", { class: "place-rows-name", dir: "auto" });
  input = element("input", { type: "text", dir: "auto", autocomplete: "off" });
  root = element("li", {}, this.#swatch, this.#number, this.#name, this.input);

  /**
   * @param {(words: string) => void} edit told of every change
   * @param {() => void} edited told once the artist goes on to something else
   */
  constructor(edit, edited) {
    this.input.addEventListener("input", () => edit(this.input.value));
    this.input.addEventListener("change", edited);
  }

  /**
   * @param {LayoutClass} entry
   * @param {string} words
   * @param {boolean} readOnly
   */
  show(entry, words, readOnly) {
    const { name, words: own, color, coverage } = entry;
    const { input } = this;
    this.#swatch.style.backgroundColor = color;
    this.#number.textContent = shownNumber(entry);
    this.#name.textContent = name;
    const percent = coverage < 0.001 ? "<0.1" : (100 * coverage).toFixed(1);
    this.root.title = TEXTS.about(name, percent);
    input.setAttribute("aria-label", TEXTS.words(name));
    input.placeholder = own || TEXTS.wordless;
    input.readOnly = readOnly;
    // What is being typed may end with a space, which the text has not.
    if (input.value.trim() !== words.trim()) input.value = words;
  }
}
