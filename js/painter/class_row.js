// @ts-check

import { element } from "./element.js";
import { iconButton } from "./icon_button.js";
import { icon } from "./icons.js";
import { SaidLine } from "./said_line.js";
import { TEXTS } from "./texts.js";

/** @typedef {Readonly<import("./class_list.js").ClassEntry>} Entry */

/** @typedef {import("./said.js").Said} Said */

/**
 * @typedef {object} RowActions what a row asks for
 * @property {(index: number) => void} pick
 * @property {(index: number) => void} remove
 * @property {(index: number, hidden: boolean) => void} hide
 * @property {(step: number) => void} step puts the row so many places down, or up
 * @property {(clientY: number) => void} dragged the row is held there, on the page
 * @property {(done: boolean) => void} dropped the row stays where it is, or goes back
 * @property {(change: (classes: import("./class_list.js").ClassList) => unknown) => void} edit
 * @property {(said: Said, words: string) => void} say changes the words where they are written
 */

/** A class in the list. */
export class ClassRow {
  #index;
  #actions;
  #grip;
  #pick = element("button", { type: "button", class: "place-painter-number" });
  #color = element("input", { type: "color" });
  #name = element("input", { type: "text", class: "place-painter-name", dir: "auto" });
  #words = element("input", {
    type: "text",
    class: "place-painter-words",
    placeholder: TEXTS.wordsHint,
    dir: "auto",
  });
  #said;
  /** @type {Said | null} what is said in place of its own words */
  #shownSaid = null;
  /** @type {Entry | null} as it was shown last */
  #entry = null;
  #typing = false;
  #share = element("span", { class: "place-painter-share" });
  #eye;
  #remove;
  root;

  /**
   * @param {number} index
   * @param {RowActions} actions
   */
  constructor(index, actions) {
    this.#index = index;
    this.#actions = actions;
    this.#grip = iconButton("grip", "", () => {});
    this.#grip.classList.add("place-painter-grip");
    listenToGrip(this.#grip, actions);
    this.#pick.addEventListener("click", () => actions.pick(index));
    this.#eye = iconButton("shown", "", () => this.#toggle());
    this.#remove = iconButton("remove", "", () => actions.remove(index));
    this.#color.addEventListener("change", () => {
      actions.edit((classes) => classes.recolor(index, this.#color.value));
    });
    this.#name.addEventListener("change", () => {
      actions.edit((classes) => classes.rename(index, this.#name.value));
    });
    this.#words.addEventListener("input", () => (this.#typing = true));
    this.#words.addEventListener("blur", () => {
      this.#typing = false;
      this.showSaid(this.#shownSaid);
    });
    this.#words.addEventListener("change", () => this.#setWords(this.#words.value));
    this.#said = new SaidLine(() => this.#setWords(""));
    for (const input of [this.#name, this.#words]) input.addEventListener("keydown", finishOnEnter);
    this.root = element(
      "li",
      { class: "place-painter-class", "data-index": index },
      this.#grip,
      this.#pick,
      this.#color,
      this.#name,
      this.#eye,
      this.#remove,
      this.#words,
      this.#share,
      this.#said.root,
    );
    this.root.addEventListener("pointerdown", (event) => {
      if (!(event.target instanceof Element && event.target.closest("button"))) actions.pick(index);
    });
  }

  /**
   * @param {Entry} entry
   * @param {number} number by which layouts and prompts name it
   * @param {Said | null} said in place of its own words
   */
  show(entry, number, said) {
    const { name, color, hidden } = entry;
    label(this.#grip, TEXTS.reorder(name));
    this.#pick.textContent = String(number);
    label(this.#pick, TEXTS.pickClass(name));
    this.#color.value = color;
    label(this.#color, TEXTS.color(name));
    this.#name.value = name;
    label(this.#name, TEXTS.name(name));
    this.#entry = entry;
    this.showSaid(said);
    this.#share.title = TEXTS.share(name);
    this.#eye.replaceChildren(icon(hidden ? "hidden" : "shown"));
    this.#eye.setAttribute("aria-pressed", String(hidden));
    label(this.#eye, hidden ? TEXTS.show(name) : TEXTS.hide(name));
    label(this.#remove, TEXTS.remove(name));
  }

  /**
   * Leaves everything else as it is: a name may be half typed.
   *
   * @param {Said | null} said
   */
  showSaid(said) {
    if (!this.#entry) return;
    const { name, words: own } = this.#entry;
    const words = said && said.kind !== "unknown" ? said.words : own;
    this.#shownSaid = said;
    this.#said.show(said, own || name);
    this.root.classList.toggle("place-painter-overridden", words !== own);
    this.#words.readOnly = said?.kind === "different";
    label(this.#words, [TEXTS.words(name), this.#said.text].filter(Boolean).join(" · "));
    // What is being typed stays until it is done.
    if (!this.#typing) this.#words.value = words;
  }

  /** @param {string} words "" are its own, where others are said */
  #setWords(words) {
    this.#typing = false;
    const said = this.#shownSaid;
    if (said && said.kind !== "unknown") this.#actions.say(said, words);
    else this.#actions.edit((classes) => classes.setWords(this.#index, words));
  }

  /** @param {boolean} chosen whether it is the class to paint with */
  showChosen(chosen) {
    this.root.classList.toggle("place-painter-chosen", chosen);
    this.#pick.setAttribute("aria-pressed", String(chosen));
  }

  /** @param {number} share 0..1 */
  showShare(share) {
    const percent = 100 * share;
    this.#share.textContent =
      share > 0 && percent < 0.1 ? "<0.1 %" : `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
  }

  #toggle() {
    const hidden = this.#eye.getAttribute("aria-pressed") !== "true";
    this.#actions.hide(this.#index, hidden);
  }
}

/**
 * @param {HTMLButtonElement} grip
 * @param {RowActions} actions
 */
function listenToGrip(grip, { step, dragged, dropped }) {
  let held = false;
  const end = (/** @type {boolean} */ done) => {
    if (held) dropped(done);
    held = false;
  };
  grip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = true;
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener("pointermove", (event) => {
    if (held) dragged(event.clientY);
  });
  grip.addEventListener("pointerup", () => end(true));
  grip.addEventListener("lostpointercapture", () => end(false));
  grip.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    // Nor does the tool in use move anything.
    event.stopPropagation();
    step(event.key === "ArrowDown" ? 1 : -1);
  });
}

/**
 * @param {HTMLElement} control
 * @param {string} text
 */
function label(control, text) {
  control.title = text;
  control.setAttribute("aria-label", text);
}

/** @param {KeyboardEvent} event */
function finishOnEnter(event) {
  if (event.key === "Enter" && event.target instanceof HTMLElement) event.target.blur();
}
