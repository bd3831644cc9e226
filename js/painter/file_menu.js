// @ts-check

import { element } from "./element.js";
import { Popover } from "./popover.js";
import { textButton } from "./text_button.js";
import { TEXTS } from "./texts.js";

/**
 * @typedef {object} FileActions
 * @property {(file: File) => void} load a map
 * @property {(file: File) => void} trace a reference
 * @property {() => void} dropReference
 * @property {() => void} saveColors
 * @property {() => void} saveIndex
 */

/** Files in and out, as a menu for mouse and keys. */
export class FileMenu {
  #drop;
  #items;
  #popover;
  root;

  /** @param {FileActions} actions */
  constructor({ load, trace, dropReference, saveColors, saveIndex }) {
    const [openMap, mapInput] = this.#picker("openMap", load);
    const [openReference, referenceInput] = this.#picker("reference", trace);
    this.#drop = this.#item("dropReference", dropReference);
    this.#items = [
      openMap,
      openReference,
      this.#drop,
      this.#item("saveColors", saveColors),
      this.#item("saveIndex", saveIndex),
    ];
    const line = element("div", { role: "separator" });
    const panel = element(
      "div",
      { role: "menu", class: "place-painter-menu", "aria-label": TEXTS.file },
      ...this.#items,
    );
    this.#items[3].before(line);
    panel.addEventListener("keydown", (event) => this.#key(event));
    const button = textButton(`${TEXTS.file} ▾`, TEXTS.fileTitle, () => {});
    button.setAttribute("aria-haspopup", "menu");
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || this.#popover.isOpen) return;
      event.preventDefault();
      event.stopPropagation();
      this.#popover.open();
    });
    this.#popover = new Popover(button, panel, () => this.#items[0].focus());
    this.root = this.#popover.root;
    this.root.append(mapInput, referenceInput);
    this.root.dataset.menu = "file";
    this.showReference(false);
  }

  /** @param {boolean} shown whether there is a reference to remove */
  showReference(shown) {
    this.#drop.disabled = !shown;
  }

  /**
   * @param {keyof typeof TEXTS.fileItems} name
   * @param {() => void} action
   * @returns {HTMLButtonElement}
   */
  #item(name, action) {
    const { label, title } = TEXTS.fileItems[name];
    const item = textButton(label, title, () => {
      this.#popover.leave();
      action();
    });
    item.setAttribute("role", "menuitem");
    item.tabIndex = -1;
    item.dataset.item = name;
    return item;
  }

  /**
   * @param {keyof typeof TEXTS.fileItems} name
   * @param {(file: File) => void} picked
   * @returns {[HTMLButtonElement, HTMLInputElement]}
   */
  #picker(name, picked) {
    const input = element("input", { type: "file", accept: "image/*", hidden: true, tabindex: -1 });
    input.dataset.file = name;
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      // So that the same file can be picked again.
      input.value = "";
      if (file) picked(file);
    });
    return [this.#item(name, () => input.click()), input];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const items = this.#items.filter((item) => !item.disabled);
    const at = items.findIndex((item) => item === document.activeElement);
    const { length } = items;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: length - 1 }[event.key];
    if (next !== undefined) {
      items[(next + length) % length].focus();
    } else if (/^\p{L}$/u.test(event.key) && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      after.find((item) => item.textContent?.toLowerCase().startsWith(letter))?.focus();
    } else {
      return;
    }
    event.preventDefault();
    // Letters are no shortcuts here.
    event.stopPropagation();
  }
}
