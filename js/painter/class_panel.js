// @ts-check

import { ClassRow } from "./class_row.js";
import { ClassSearch } from "./class_search.js";
import { element } from "./element.js";
import { saidOf } from "./said.js";
import { TEXTS } from "./texts.js";

/**
 * @typedef {object} PanelOptions
 * @property {import("./painting.js").Painting} painting
 * @property {import("./settings.js").Settings} settings
 * @property {import("./tables.js").Tables} tables
 * @property {(choice: import("./class_search.js").Choice) => void} add
 * @property {(text: string) => void} say
 * @property {() => void} saidElsewhere words that other nodes have for a class were changed
 */

/** The class list beside the drawing. */
export class ClassPanel {
  #options;
  #list = element("ul", { class: "place-painter-classes", "aria-label": TEXTS.classes });
  root;
  /** @type {Map<number, ClassRow>} by index; kept, so that the focus stays where it is */
  #rows = new Map();
  #counting = false;
  /** @type {import("../hub.js").Speaker[]} */
  #speakers = [];

  /** @param {PanelOptions} options */
  constructor(options) {
    this.#options = options;
    const { painting, settings, tables, add } = options;
    const search = new ClassSearch(tables, (name) => !!painting.classes.find(name), add);
    this.root = element(
      "section",
      { class: "place-painter-panel", "aria-label": TEXTS.classes },
      search.root,
      this.#list,
    );
    painting.addEventListener("classes", () => this.#show());
    painting.addEventListener("settled", () => this.#countSoon());
    settings.addEventListener("change", () => this.#showChosen());
  }

  /** @param {import("../hub.js").Speaker[]} speakers what is said of the classes in a run */
  showSpeakers(speakers) {
    this.#speakers = speakers;
    for (const entry of this.#options.painting.classes.entries) {
      this.#rows.get(entry.index)?.showSaid(this.#said(entry));
    }
  }

  #show() {
    const { classes } = this.#options.painting;
    const { entries } = classes;
    const old = this.#rows;
    this.#rows = new Map(entries.map(({ index }) => [index, old.get(index) ?? this.#row(index)]));
    const roots = [...this.#rows.values()].map((row) => row.root);
    const focused = document.activeElement;
    // Moving a row would take the focus out of it.
    const same = roots.length === this.#list.children.length;
    if (!same || roots.some((root, i) => root !== this.#list.children[i])) {
      this.#list.replaceChildren(...roots);
      if (focused instanceof HTMLElement && this.#list.contains(focused)) focused.focus();
    }
    for (const entry of entries) {
      const number = classes.number(entry.index);
      this.#rows.get(entry.index)?.show(entry, number, this.#said(entry));
    }
    this.#showChosen();
  }

  /** @param {Readonly<import("./class_list.js").ClassEntry>} entry */
  #said({ index, name, words }) {
    const id = this.#options.painting.classes.number(index);
    return saidOf(this.#speakers, { id, words: words || name });
  }

  /** @param {number} index */
  #row(index) {
    const { painting, settings } = this.#options;
    return new ClassRow(index, {
      pick: () => settings.set({ index }),
      remove: () => painting.removeClass(index),
      hide: (_, hidden) => painting.setHidden(index, hidden),
      step: (step) => this.#move(index, this.#placeOf(index) + step),
      dragged: (y) => this.#drag(index, y),
      dropped: (done) => {
        // The order on the page is what the artist sees.
        if (done) this.#move(index, [...this.#rows.keys()].indexOf(index));
        this.#show();
      },
      edit: (change) => this.#edit(change),
      say: (said, words) => {
        said.write(words);
        this.#options.saidElsewhere();
        this.#show();
      },
    });
  }

  /** @param {(classes: import("./class_list.js").ClassList) => unknown} change */
  #edit(change) {
    try {
      this.#options.painting.editClasses(change);
    } catch (error) {
      this.#options.say(/** @type {Error} */ (error).message);
    }
    // What was typed may have been refused, or written differently.
    this.#show();
  }

  /** @param {number} index */
  #placeOf(index) {
    return this.#options.painting.classes.entries.findIndex((entry) => entry.index === index);
  }

  /**
   * @param {number} index
   * @param {number} place 0 is the first
   */
  #move(index, place) {
    const { length } = this.#options.painting.classes.entries;
    if (place === this.#placeOf(index) || place < 0 || place >= length) return;
    this.#edit((classes) => classes.move(index, place));
  }

  /**
   * Shows a row where it is held; nothing is changed before it is let go.
   *
   * @param {number} index
   * @param {number} y on the page
   */
  #drag(index, y) {
    const row = /** @type {ClassRow} */ (this.#rows.get(index));
    const others = [...this.#rows].filter(([other]) => other !== index);
    const isAbove = (/** @type {[number, ClassRow]} */ [, { root }]) => {
      const box = root.getBoundingClientRect();
      return box.top + box.height / 2 < y;
    };
    const place = others.filter(isAbove).length;
    if ([...this.#rows.keys()][place] === index) return;
    others.splice(place, 0, [index, row]);
    this.#rows = new Map(others);
    // The others move around it: taking the held one out would let it go.
    for (const [i, [, { root }]] of others.entries()) {
      if (i < place) row.root.before(root);
      else if (i > place) this.#list.append(root);
    }
  }

  #showChosen() {
    const { index } = this.#options.settings.values;
    for (const [own, row] of this.#rows) row.showChosen(own === index);
  }

  /** Not at once: a large map takes a moment, and the stroke shall show first. */
  #countSoon() {
    if (this.#counting) return;
    this.#counting = true;
    setTimeout(() => {
      this.#counting = false;
      const { map } = this.#options.painting;
      const counts = map.counts();
      for (const [index, row] of this.#rows) row.showShare(counts[index] / map.data.length);
    }, 50);
  }
}
