// @ts-check

import { element } from "../painter/element.js";
import { ClassRow } from "./class_row.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("../layout_class.js").LayoutClass} LayoutClass */

/**
 * @typedef {object} Actions what the rows ask for
 * @property {(id: number, words: string) => void} edit
 * @property {() => void} edited an edit is complete
 * @property {() => void} resized the view needs another height
 * @property {(event: WheelEvent) => void} forwardWheel an event that belongs to the graph
 * @property {(event: PointerEvent) => void} forwardPointer
 */

/**
 * @typedef {object} Content
 * @property {LayoutClass[] | undefined} classes of the map; undefined where it is not known
 * @property {Map<number, string>} words by id
 * @property {boolean} readOnly
 */

/** CSS pixels of the parts; the stylesheet has them too. */
const [ROW, MESSAGE, COUNT, PADDING] = [26, 48, 20, 8];
/** Rows that are seen without scrolling, however small the node. */
const FEW = 5;
const MIDDLE_HELD = 4;

/** A row for each class, and how long the prompt is. */
export class RowsView {
  #actions;
  #list = element("ul", { class: "place-rows-list" });
  #message = element("p", { role: "status" });
  #problem = element("p", { class: "place-rows-problem", role: "alert", dir: "auto" });
  #notes = element("p", { class: "place-rows-notes", role: "note", dir: "auto" });
  #count = element("span", { class: "place-rows-count", title: TEXTS.tokensTitle });
  root = element(
    "div",
    {
      class: "place-rows",
      role: "group",
      "aria-label": TEXTS.rows,
      "data-testid": "place-rows",
      // Nodes 2.0 then leaves us the wheel while we have the focus.
      "data-capture-wheel": "true",
    },
    this.#list,
    this.#message,
    this.#problem,
    this.#notes,
    this.#count,
  );
  /** @type {Map<number, ClassRow>} by id; kept, so that the focus stays where it is */
  #rows = new Map();

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#leaveToGraph();
    this.show({ classes: undefined, words: new Map(), readOnly: false });
    this.showCount({});
  }

  /** @returns {number} CSS pixels that it needs */
  get minHeight() {
    return this.#height(Math.min(this.#rows.size, FEW));
  }

  /** @returns {number} CSS pixels beyond which there is nothing more to see */
  get maxHeight() {
    return this.#height(this.#rows.size);
  }

  /** @param {Content} content */
  show({ classes, words, readOnly }) {
    const old = this.#rows;
    this.#rows = new Map(classes?.map(({ id }) => [id, old.get(id) ?? this.#row(id)]));
    const same = old.size === this.#rows.size && [...old.keys()].every((id) => this.#rows.has(id));
    // Moving a row would take the focus out of it.
    if (!same) this.#list.replaceChildren(...[...this.#rows.values()].map((row) => row.root));
    for (const entry of classes ?? []) {
      this.#rows.get(entry.id)?.show(entry, words.get(entry.id) ?? "", readOnly);
    }
    this.#message.textContent = message(classes, readOnly);
    this.#message.hidden = this.#message.textContent === "";
    this.#count.hidden = !classes;
    this.#fit();
  }

  /** @param {import("./token_counter.js").Answer} answer */
  showCount({ tokens, notes, problem }) {
    this.#count.textContent = tokens ? said(tokens) : "";
    this.#count.classList.toggle("place-rows-long", !!tokens && tokens[2] > 1);
    this.#problem.textContent = problem ?? "";
    this.#problem.hidden = !problem;
    this.#notes.textContent = notes?.join("\n") ?? "";
    this.#notes.hidden = !notes?.length;
    this.#fit();
  }

  #fit() {
    const height = `${this.minHeight}px`;
    if (this.root.style.minHeight === height) return;
    this.root.style.minHeight = height;
    this.#actions.resized();
  }

  /** @param {number} rows */
  #height(rows) {
    const messages = [this.#message, this.#problem, this.#notes].filter(({ hidden }) => !hidden).length;
    return PADDING + rows * ROW + messages * MESSAGE + (this.#count.hidden ? 0 : COUNT);
  }

  /** @param {number} id */
  #row(id) {
    const { edit, edited } = this.#actions;
    return new ClassRow((words) => edit(id, words), edited);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    const inputs = [...this.#rows.values()].map(({ input }) => input);
    const at = inputs.findIndex((input) => input === event.target);
    inputs[(at + 1) % inputs.length].focus();
  }

  /** The classic canvas gets no events of its own from where an element lies over it. */
  #leaveToGraph() {
    const { forwardWheel, forwardPointer } = this.#actions;
    const list = this.#list;
    this.root.addEventListener(
      "wheel",
      (event) => {
        const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
        const scrolls = list.scrollHeight > list.clientHeight && !sideways;
        if (event.ctrlKey || event.metaKey || !scrolls) forwardWheel(event);
      },
      { passive: false },
    );
    for (const type of /** @type {const} */ (["pointerdown", "pointermove", "pointerup"])) {
      this.root.addEventListener(type, (event) => {
        if (event.button === 1 || event.buttons & MIDDLE_HELD) forwardPointer(event);
      });
    }
  }
}

/** @param {NonNullable<import("./token_counter.js").Answer["tokens"]>} tokens */
function said([used, length, chunks]) {
  return chunks > 1 ? TEXTS.tokensInParts(used, chunks, length) : TEXTS.tokens(used, length);
}

/**
 * @param {LayoutClass[] | undefined} classes
 * @param {boolean} readOnly
 */
function message(classes, readOnly) {
  if (!classes) return TEXTS.unknown;
  if (classes.length === 0) return TEXTS.nothing;
  return readOnly ? TEXTS.readOnly : "";
}
