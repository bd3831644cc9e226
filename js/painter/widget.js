// @ts-check

import { changed } from "../hub.js";
import { PainterView } from "./painter_view.js";
import { readValue } from "./read_value.js";
import { readTables } from "./tables.js";
import { TEXTS } from "./texts.js";
import { ValueKeeper } from "./value_keeper.js";
import { writeValue } from "./write_value.js";

/**
 * @typedef {object} Host what the painter asks of ComfyUI's front end
 * @property {(node: any) => void} captureState makes the graph as it is a step of its undo
 * @property {(file: {filename: string, subfolder?: string, type?: string}) => string} viewUrl
 * @property {(event: WheelEvent) => void} forwardWheel
 * @property {(event: PointerEvent) => void} forwardPointer
 */

const MIN_WIDTH = 320;
/** Of the element; the stylesheet has it too. */
const MIN_HEIGHT = 400;
/** Above and below, in the classic canvas. */
const MARGINS = 20;
/** Packing stops all else for a moment. On large maps it waits for the artist to do so: 0.4 s. */
const PIXELS_PER_MS = 40_000;

/**
 * Gives a node its painter.
 *
 * @param {any} node
 * @param {string} name of the input
 * @param {Record<string, unknown>} options of the input
 * @param {Host} host
 * @param {import("./registry.js").Registry} registry
 * @returns {{widget: any, minWidth: number, minHeight: number}}
 */
export function makePainterWidget(node, name, options, host, registry) {
  const view = new PainterView({
    tables: readTables(options.tables),
    forwardWheel: host.forwardWheel,
    forwardPointer: host.forwardPointer,
  });
  const stored = keepValue(view, (value) => {
    widget.callback?.(value);
    host.captureState(node);
  });
  const widget = node.addDOMWidget(name, "PLACE_PAINTER", view.root, {
    getValue: () => stored.value,
    setValue: stored.load,
    getMinHeight: () => MIN_HEIGHT + MARGINS,
    // A picture is still of use when the text on nodes is not.
    hideOnZoom: false,
    // The panel at the side would draw a text field, and give the widget the panel's width.
    hideInPanel: true,
    // Without this the host adds a socket, whatever the node says.
    socketless: true,
  });
  // The same for front ends without hideInPanel.
  Object.defineProperty(widget, "width", { get() {}, set() {}, configurable: true });
  // The prompt gets the drawing of the very moment, even if it is still being packed.
  widget.serializeValue = stored.settled;
  follow(node, view, host, registry);
  return { widget, minWidth: 2 * MIN_WIDTH, minHeight: MIN_HEIGHT + 200 };
}

/**
 * The text that the workflow holds, and its drawing in the view.
 *
 * @param {PainterView} view
 * @param {(value: string) => void} published told of each text made from the drawing
 */
function keepValue(view, published) {
  const { painting } = view;
  const keeper = new ValueKeeper(
    () => painting.map.data.length / PIXELS_PER_MS,
    () => writeValue(painting),
    published,
    (error) => view.showProblem(`${TEXTS.notSaved} ${/** @type {Error} */ (error).message}`),
  );
  painting.addEventListener("edited", () => keeper.edited());
  let loads = 0;

  /** @param {any} value whatever a workflow holds; it stays as it is until the first edit */
  async function load(value) {
    const text = value ?? "";
    if (text === keeper.value && keeper.isCurrent) return;
    const mine = ++loads;
    view.cancelTool();
    keeper.set(text);
    if (text === "") {
      show(null, "");
      return;
    }
    view.setBusy(true);
    let drawing = null;
    let problem = "";
    try {
      drawing = await readValue(text);
    } catch (error) {
      problem = /** @type {Error} */ (error).message;
    }
    if (mine === loads) show(drawing, problem);
  }

  /**
   * @param {import("./write_value.js").Drawing | null} drawing
   * @param {string} problem
   */
  function show(drawing, problem) {
    painting.load(drawing);
    view.showProblem(problem);
    view.setBusy(false);
  }

  return {
    get value() {
      return keeper.value;
    },
    load,
    async settled() {
      await keeper.settled();
      return keeper.value;
    },
  };
}

/**
 * Follows what happens to the node.
 *
 * @param {any} node
 * @param {PainterView} view
 * @param {Host} host
 * @param {import("./registry.js").Registry} registry
 */
function follow(node, view, host, registry) {
  const tell = () => changed(node, view.painting.classes.entries);
  view.painting.addEventListener("classes", tell);
  const claim = () => {
    // Known only now: before, the node has no number.
    view.root.dataset.painterNode = String(node.id);
    registry.claim(`${node.graph?.id}:${node.id}`, view);
  };
  chain(node, "onAdded", claim);
  chain(node, "onConfigure", () => requestAnimationFrame(() => registry.refresh()));
  chain(node, "onExecuted", (output) => {
    const [file] = output?.place_reference ?? [];
    if (file) view.reference.show({ url: host.viewUrl(file), name: file.filename, own: false });
    else if (output && !view.reference.shown?.own) view.reference.show(null);
  });
}

/**
 * Adds to what a node does, where replacing it would lose what the host put there.
 *
 * @param {any} node
 * @param {string} name
 * @param {(...args: any[]) => void} after
 */
function chain(node, name, after) {
  const before = node[name];
  node[name] = function (/** @type {any[]} */ ...args) {
    const result = before?.apply(this, args);
    after(...args);
    return result;
  };
}
