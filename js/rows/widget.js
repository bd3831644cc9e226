// @ts-check

import { addView } from "../add_view.js";
import { chain } from "../chain.js";
import { hear } from "../hear.js";
import { classesOf, rewired, say } from "../hub.js";
import { readClasses } from "../layout_class.js";
import { isActive, originOf, placesOf } from "./origin.js";
import { dropWords, readWords, writeWords } from "./prompt_text.js";
import { RowsView } from "./rows_view.js";
import { ownWidget, textOf, valueOf } from "./text_of.js";
import { TokenCounter } from "./token_counter.js";

/**
 * @typedef {object} Host what the rows ask of ComfyUI's front end
 * @property {(node: any) => void} captureState makes the graph as it is a step of its undo
 * @property {(event: WheelEvent) => void} forwardWheel
 * @property {(event: PointerEvent) => void} forwardPointer
 * @property {(question: string) => Promise<import("./token_counter.js").Answer>} countTokens
 */

/** Above and below, in the classic canvas. */
const MARGINS = 20;
/** Of the node's properties. */
const KEPT = "place_classes";

/**
 * Gives a prompt encoder its rows. They are another way to write the text of `class_prompts`, and
 * store nothing themselves.
 *
 * @param {any} node
 * @param {Host} host
 * @param {import("../page_elements.js").PageElements} elements
 */
export function addClassRows(node, host, elements) {
  const view = new RowsView({
    edit: (id, words) => write(firstPlace(node), id, words),
    edited: () => host.captureState(node),
    resized: () => node.setDirtyCanvas(true, true),
    forwardWheel: host.forwardWheel,
    forwardPointer: host.forwardPointer,
  });
  const counter = new TokenCounter(host.countTokens, (answer) => view.showCount(answer));

  /**
   * @param {import("./origin.js").Place} place
   * @param {number} id of a class
   * @param {string} words
   * @param {typeof writeWords} [change] of the text
   */
  function write(place, id, words, change = writeWords) {
    const classes = knownClasses(node, place) ?? [];
    const entry = classes.find((other) => other.id === id);
    const text = textOf(node, "class_prompts", place);
    if (!entry || !text) return;
    // Tells its callback, and so us; but not where it is that of a subgraph node.
    text.widget.value = change(valueOf(text), classes, entry, words);
    if (text.owner === node) return;
    text.owner.setDirtyCanvas(true, true);
    rewired();
  }

  /** @returns {string | null} what there is to count now */
  function show() {
    const place = firstPlace(node);
    const classes = knownClasses(node, place);
    const found = classes?.filter(({ coverage }) => coverage > 0);
    const text = textOf(node, "class_prompts", place);
    const free = textOf(node, "global_prompt", place);
    view.show({
      classes: found,
      words: classes && text ? readWords(valueOf(text), classes) : new Map(),
      readOnly: !text,
    });
    if (!classes || !found?.length || !text || !free) return null;
    return JSON.stringify({
      classes: classes.map(({ id, name, words, color, coverage }) => {
        // How much does not count: another stroke of the brush asks nothing new.
        return [id, name, words, color, coverage > 0 ? 1 : 0];
      }),
      class_prompts: valueOf(text),
      global_prompt: valueOf(free),
    });
  }

  /** Tells the nodes of its layouts what a run will say, in each place where it runs. */
  function speak() {
    const active = placesOf(node.graph).filter((place) => isActive(node, place));
    const said = active.flatMap((place) => {
      const { source } = originOf(node, "layout", place);
      const classes = source && classesOf(source);
      if (!classes) return [];
      const text = textOf(node, "class_prompts", place);
      const { id, title } = text?.owner ?? node;
      const speaker = {
        title: `${title} (${id})`,
        words: text && readWords(valueOf(text), classes),
        write: (/** @type {number} */ classId, /** @type {string} */ words) =>
          write(place, classId, words, words.trim() ? writeWords : dropWords),
      };
      return [{ source, speaker }];
    });
    say(node, said);
  }

  const refresh = () => {
    counter.ask(show());
    speak();
  };

  const widget = addView(node, "class_rows", "PLACE_CLASS_ROWS", view.root, {
    getMinHeight: () => view.minHeight + MARGINS,
    getMaxHeight: () => view.maxHeight + MARGINS,
    // Not in the prompt, …
    serialize: false,
  });
  // … and not in the workflow.
  widget.serialize = false;
  for (const name of ["class_prompts", "global_prompt"]) {
    chain(ownWidget(node, name), "callback", refresh);
  }
  chain(node, "onConfigure", refresh);
  chain(node, "onConnectionsChange", refresh);
  chain(node, "onAdded", () => {
    view.root.dataset.rowsNode = String(node.id);
  });
  hear(node, ["changed", "rewired"], refresh, () => say(node, []));
  chain(node, "onExecuted", (output) => {
    if (!output?.place_classes) return;
    keepClasses(node, output.place_classes);
    counter.tell(show(), { tokens: output.place_tokens, notes: output.place_notes });
  });
  elements.follow(node, view.root);
}

/**
 * @param {any} node
 * @returns {import("./origin.js").Place} the one of a node that is in several, which shows only one
 */
function firstPlace(node) {
  return placesOf(node.graph)[0] ?? [];
}

/**
 * @param {any} node
 * @param {import("./origin.js").Place} place
 * @returns {import("../layout_class.js").LayoutClass[] | undefined} of the layout as it is drawn
 *   now, or else as it was in the last run
 */
function knownClasses(node, place) {
  const { source } = originOf(node, "layout", place);
  return (source && classesOf(source)) ?? readClasses(node.properties[KEPT]);
}

/**
 * They outlive the page only in the workflow: a node that need not run again says nothing.
 *
 * @param {any} node
 * @param {unknown} classes
 */
function keepClasses(node, classes) {
  // The same again would be a change of the graph too.
  if (JSON.stringify(classes) !== JSON.stringify(node.properties[KEPT])) {
    node.properties[KEPT] = classes;
  }
}
