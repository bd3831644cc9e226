// @ts-check

import { element } from "./element.js";
import { iconButton } from "./icon_button.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./said.js").Said} Said */

/** Says below the words of a class that, and where, other words are written for it. */
export class SaidLine {
  #text = element("span", { class: "place-painter-where", dir: "auto" });
  #back;
  root;

  /** @param {() => void} takeBack gives the class its own words back */
  constructor(takeBack) {
    this.#back = iconButton("undo", "", takeBack);
    this.root = element("div", { class: "place-painter-said" }, this.#text, this.#back);
    this.root.hidden = true;
  }

  /** @returns {string} what it says, "" of nothing */
  get text() {
    return this.root.hidden ? "" : (this.#text.textContent ?? "");
  }

  /**
   * @param {Said | null} said
   * @param {string} own the words that the class has in the painter
   */
  show(said, own) {
    this.root.hidden = !said;
    if (!said) return;
    const titles = said.by.map(({ title }) => title).join(", ");
    this.#text.textContent = {
      same: TEXTS.saidBy(titles),
      different: TEXTS.saidDifferently(said.by.length),
      unknown: TEXTS.saidElsewhere(titles),
    }[said.kind];
    this.#text.title = said.by
      .map(({ title, words }) => `${title}: ${words ?? TEXTS.saidUnknown}`)
      .join("\n");
    this.#back.hidden = said.kind === "unknown";
    this.#back.title = TEXTS.takeBack(own);
    this.#back.setAttribute("aria-label", TEXTS.takeBack(own));
  }
}
