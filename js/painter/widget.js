// @ts-check

import { addView } from "../add_view.js";
import { chain } from "../chain.js";
import { hear } from "../hear.js";
import { changed, speakersOf } from "../hub.js";
import { latentSize } from "../latent_size.js";
import { layoutClasses } from "./layout_classes.js";
import { PainterView } from "./painter_view.js";
import { promptValue } from "./prompt_value.js";
import { readValue } from "./read_value.js";
import { readTables } from "./tables.js";
import { TEXTS } from "./texts.js";
import { ValueKeeper } from "./value_keeper.js";
import { writeValue } from "./write_value.js";

/**
 * @typedef {object} Host what the painter asks of ComfyUI's front end
 * @property {(node: any) => void} captureState makes the graph as it is a step of its undo
 * @property {(file: {filename: string, subfolder?: string, type?: string}) => string} viewUrl
 * @property {(file: Blob, reading: string, count: number) => Promise<any>} askForMap
 * @property {() => Promise<import("../latent_size.js").Prompt>} prompt the graph as it would run now
 * @property {(event: WheelEvent) => void} forwardWheel
 * @property {(event: PointerEvent) => void} forwardPointer
 */

const MIN_WIDTH = 320;
/** Of the element; the stylesheet has it too. */
const MIN_HEIGHT = 400;
/** Above and below, in the classic canvas. */
const MARGINS = 20;
/** Milliseconds before the pixels are counted, so that a stroke shows first. */
const COUNTING_PAUSE = 50;
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
 * @param {import("../page_elements.js").PageElements} elements
 * @returns {{widget: any, minWidth: number, minHeight: number}}
 */
export function makePainterWidget(node, name, options, host, registry, elements) {
  const view = new PainterView({
    tables: readTables(options.tables),
    forwardWheel: host.forwardWheel,
    forwardPointer: host.forwardPointer,
    saidElsewhere: () => host.captureState(node),
    askForMap: host.askForMap,
    async latentSize() {
      const prompt = await host.prompt();
      const mine = Object.keys(prompt).find((key) => isKeyOf(key, node, prompt));
      return mine === undefined ? null : latentSize(prompt, mine);
    },
  });
  const stored = keepValue(view, (value) => {
    widget.callback?.(value);
    host.captureState(node);
  });
  const widget = addView(node, name, "PLACE_PAINTER", view.root, {
    getValue: () => stored.value,
    setValue: stored.load,
    getMinHeight: () => MIN_HEIGHT + MARGINS,
  });
  // The prompt gets the drawing of the very moment, even if it is still being packed.
  widget.serializeValue = async () => promptValue(await stored.settled());
  elements.follow(node, view.root);
  follow(node, view, host, registry);
  return { widget, minWidth: 2 * MIN_WIDTH, minHeight: MIN_HEIGHT + 200 };
}

/**
 * @param {string} key of a prompt: inside of subgraphs their numbers come before, with colons
 * @param {any} node
 * @param {import("../latent_size.js").Prompt} prompt
 */
function isKeyOf(key, node, prompt) {
  return key.split(":").at(-1) === String(node.id) && prompt[key].class_type === node.comfyClass;
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
  let counting = 0;
  const tell = () => {
    clearTimeout(counting);
    counting = window.setTimeout(() => {
      // A drawing that is being loaded tells once it is there.
      if (!view.root.inert) changed(node, layoutClasses(view.painting));
    }, COUNTING_PAUSE);
  };
  view.painting.addEventListener("settled", tell);
  const listen = () => view.showSpeakers(speakersOf(node));
  chain(node, "onAdded", () => {
    // Known only now: before, the node has no number.
    view.root.dataset.painterNode = String(node.id);
    registry.claim(`${node.graph?.id}:${node.id}`, view);
    tell();
    listen();
  });
  hear(node, ["said"], listen);
  chain(node, "onExecuted", (output) => {
    const [file] = output?.place_reference ?? [];
    if (file) view.reference.show({ url: host.viewUrl(file), name: file.filename, own: false });
    else if (output && !view.reference.shown?.own) view.reference.show(null);
  });
}
