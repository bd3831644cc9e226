// @ts-check

import { addView } from "../add_view.js";
import { chain } from "../chain.js";
import { classesOf, hub } from "../hub.js";
import { readClasses } from "../layout_class.js";
import { layoutSource } from "./layout_source.js";
import { readWords, writeWords } from "./prompt_text.js";
import { RowsView } from "./rows_view.js";
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
  const [classPrompts, globalPrompt] = ["class_prompts", "global_prompt"].map((name) =>
    node.widgets.find((/** @type {any} */ widget) => widget.name === name),
  );
  const view = new RowsView({
    edit(id, words) {
      const classes = knownClasses(node) ?? [];
      const entry = classes.find((other) => other.id === id);
      if (!entry) return;
      // Tells its callback, and so us.
      classPrompts.value = writeWords(textOf(classPrompts), classes, entry, words);
    },
    edited: () => host.captureState(node),
    resized: () => node.setDirtyCanvas(true, true),
    forwardWheel: host.forwardWheel,
    forwardPointer: host.forwardPointer,
  });
  const counter = new TokenCounter(host.countTokens, (answer) => view.showCount(answer));

  /** @returns {string | null} what there is to count now */
  function show() {
    const classes = knownClasses(node);
    const found = classes?.filter(({ coverage }) => coverage > 0);
    const readOnly = isLinked(node, "class_prompts");
    view.show({
      classes: found,
      words: classes && !readOnly ? readWords(textOf(classPrompts), classes) : new Map(),
      readOnly,
    });
    if (!classes || !found?.length || readOnly || isLinked(node, "global_prompt")) return null;
    return JSON.stringify({
      classes: classes.map(({ id, name, words, color, coverage }) => {
        // How much does not count: another stroke of the brush asks nothing new.
        return [id, name, words, color, coverage > 0 ? 1 : 0];
      }),
      class_prompts: textOf(classPrompts),
      global_prompt: textOf(globalPrompt),
    });
  }
  const refresh = () => counter.ask(show());

  const widget = addView(node, "class_rows", "PLACE_CLASS_ROWS", view.root, {
    getMinHeight: () => view.minHeight + MARGINS,
    getMaxHeight: () => view.maxHeight + MARGINS,
    // Not in the prompt, …
    serialize: false,
  });
  // … and not in the workflow.
  widget.serialize = false;
  chain(classPrompts, "callback", refresh);
  chain(globalPrompt, "callback", refresh);
  chain(node, "onConfigure", refresh);
  chain(node, "onConnectionsChange", refresh);
  chain(node, "onAdded", () => {
    view.root.dataset.rowsNode = String(node.id);
    hub.addEventListener("changed", refresh);
    hub.addEventListener("rewired", refresh);
  });
  chain(node, "onRemoved", () => {
    hub.removeEventListener("changed", refresh);
    hub.removeEventListener("rewired", refresh);
  });
  chain(node, "onExecuted", (output) => {
    if (!output?.place_classes) return;
    keepClasses(node, output.place_classes);
    counter.tell(show(), { tokens: output.place_tokens });
  });
  elements.follow(node, view.root);
}

/**
 * @param {any} node
 * @returns {import("../layout_class.js").LayoutClass[] | undefined} of the layout as it is drawn
 *   now, or else as it was in the last run
 */
function knownClasses(node) {
  return classesOf(layoutSource(node, "layout")) ?? readClasses(node.properties[KEPT]);
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

/**
 * @param {any} widget
 * @returns {string} its value; a damaged workflow may hold anything
 */
function textOf(widget) {
  return String(widget.value ?? "");
}

/**
 * @param {any} node
 * @param {string} name of an input
 * @returns {boolean} whether another node gives its value
 */
function isLinked(node, name) {
  const input = node.inputs?.find((/** @type {any} */ input) => input.name === name);
  return input !== undefined && input.link !== null && input.link !== undefined;
}
