// @ts-check

import { element } from "./element.js";
import { searchClasses } from "./search_classes.js";
import { TEXTS } from "./texts.js";

/**
 * @typedef {object} Choice
 * @property {string} name
 * @property {string} words
 * @property {string} [color]
 */

/** @typedef {Choice & {from: string}} Option with the name of its table, or what else it is */

const LIMIT = 30;

/** Searches the tables for a class to add. */
export class ClassSearch {
  #tables;
  #isUsed;
  #add;
  // Only within the page, to tell painters apart.
  #id = `place-painter-${Math.random().toString(36).slice(2)}`;
  #list = element("ul", { id: this.#id, role: "listbox", "aria-label": TEXTS.results });
  #input = element("input", {
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    dir: "auto",
    placeholder: TEXTS.search,
    title: TEXTS.searchTitle,
    "aria-label": TEXTS.search,
    "aria-controls": this.#id,
    "aria-autocomplete": "list",
    "aria-expanded": "false",
  });
  root = element("div", { class: "place-painter-search" }, this.#input, this.#list);
  /** @type {Option[]} */
  #choices = [];
  #active = 0;

  /**
   * @param {import("./tables.js").Tables} tables
   * @param {(name: string) => boolean} isUsed whether the drawing has a class of this name
   * @param {(choice: Choice) => void} add
   */
  constructor(tables, isUsed, add) {
    this.#tables = tables;
    this.#isUsed = isUsed;
    this.#add = add;
    this.#input.addEventListener("input", () => this.#search());
    this.#input.addEventListener("focus", () => this.#search());
    this.#input.addEventListener("blur", () => this.#close());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    // Before the input loses the focus, which closes the list.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target instanceof Element && event.target.closest("li");
      if (option) this.#choose(Number(option.dataset.at));
    });
    this.#close();
  }

  #search() {
    const text = this.#input.value;
    this.#choices = this.#find(text);
    const own = text.replace(/\s+/g, " ").trim();
    const known = this.#choices.some(({ name }) => name.toLowerCase() === own.toLowerCase());
    if (own && !known) this.#choices.push({ name: own, words: own, from: TEXTS.ownTable });
    this.#active = 0;
    this.#show();
  }

  /**
   * @param {string} text
   * @returns {Option[]} of all tables in turn, so that none hides the other's best
   */
  #find(text) {
    const found = [...this.#tables].map(([from, table]) =>
      searchClasses(table, text, LIMIT).map((entry) => ({ ...entry, from })),
    );
    const choices = [];
    for (let i = 0; choices.length < LIMIT && found.some((list) => i < list.length); i++) {
      choices.push(...found.flatMap((list) => list.slice(i, i + 1)));
    }
    return choices;
  }

  #show() {
    this.#list.replaceChildren(...this.#choices.map((choice, at) => this.#option(choice, at)));
    const open = this.#choices.length > 0;
    this.#list.hidden = !open;
    this.#input.setAttribute("aria-expanded", String(open));
    this.#mark();
  }

  /**
   * @param {Option} choice
   * @param {number} at
   */
  #option({ name, color, from }, at) {
    const own = from === TEXTS.ownTable;
    const swatch = element("span", { class: "place-painter-swatch" });
    if (color) swatch.style.backgroundColor = color;
    return element(
      "li",
      { id: `${this.#id}-${at}`, role: "option", "data-at": at, dir: "auto" },
      swatch,
      element("span", {}, own ? TEXTS.ownClass(name) : name),
      element("small", {}, this.#isUsed(name) ? TEXTS.usedTable : own ? "" : from),
    );
  }

  #mark() {
    [...this.#list.children].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === this.#active));
    });
    const option = this.#list.hidden ? undefined : this.#list.children[this.#active];
    this.#input.setAttribute("aria-activedescendant", option?.id ?? "");
    if (option instanceof HTMLElement) keepInView(this.#list, option);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key } = event;
    if (key === "Enter") {
      if (this.#list.hidden) this.#search();
      else this.#choose(this.#active);
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      if (this.#list.hidden) this.#search();
      else this.#move(key === "ArrowDown" ? 1 : -1);
    } else if (key === "Escape" && !this.#list.hidden) {
      this.#close();
      // Only the list: the host closes things at Escape too.
      event.stopPropagation();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {number} step */
  #move(step) {
    const { length } = this.#choices;
    this.#active = (this.#active + step + length) % length;
    this.#mark();
  }

  /** @param {number} at */
  #choose(at) {
    const choice = this.#choices[at];
    if (!choice) return;
    this.#input.value = "";
    this.#close();
    this.#add(choice);
  }

  #close() {
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.setAttribute("aria-activedescendant", "");
  }
}

/**
 * Unlike `scrollIntoView` it moves nothing around the list: the graph would jump.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement} option
 */
function keepInView(list, option) {
  const top = option.offsetTop;
  const bottom = top + option.offsetHeight;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}
