// @ts-check

// The only file that knows the host.
// @ts-ignore served by ComfyUI
import { app } from "../../scripts/app.js";
// @ts-ignore served by ComfyUI
import { api } from "../../scripts/api.js";

import { changed, rewired } from "./hub.js";
import { chain } from "./chain.js";
import { readClasses } from "./layout_class.js";
import { PageElements } from "./page_elements.js";
import { keepTouches } from "./painter/keep_touches.js";
import { Registry } from "./painter/registry.js";
import { TEXTS as PAINTER_TEXTS } from "./painter/texts.js";
import { makePainterWidget } from "./painter/widget.js";
import { TEXTS as ROWS_TEXTS } from "./rows/texts.js";
import { addClassRows } from "./rows/widget.js";
import { translate } from "./translate.js";

const STYLES = ["place.css", "rows.css"];
/** Nodes that say in a run which classes their layout has. */
const READERS = ["PLACESegmentationToLCM", "PLACEMasksToLCM", "PLACEBoxesToLCM"];

const registry = new Registry();
const elements = new PageElements();

/** @type {import("./painter/widget.js").Host & import("./rows/widget.js").Host} */
const host = {
  captureState(node) {
    // A node that was removed meanwhile changes nothing.
    if (!node.graph) return;
    const tracker = app.extensionManager?.workflow?.activeWorkflow?.changeTracker;
    // Front ends before 1.40 have only the second, later ones warn of it.
    (tracker?.captureCanvasState ?? tracker?.checkState)?.call(tracker);
  },
  viewUrl({ filename, subfolder = "", type = "temp" }) {
    return api.apiURL(`/view?${new URLSearchParams({ filename, subfolder, type })}`);
  },
  forwardWheel(event) {
    if (!isOverCanvas(event)) return;
    event.preventDefault();
    app.canvas.processMouseWheel(event);
  },
  forwardPointer(event) {
    if (!isOverCanvas(event)) return;
    event.preventDefault();
    if (event.type === "pointerdown") app.canvas.processMouseDown(event);
    else if (event.type === "pointermove") app.canvas.processMouseMove(event);
    else app.canvas.processMouseUp(event);
  },
  async askForMap(file, reading, count) {
    const query = new URLSearchParams({ reading, count: String(count) });
    const response = await api.fetchApi(`/place/map?${query}`, { method: "POST", body: file });
    return await response.json();
  },
  async prompt() {
    return (await app.graphToPrompt()).output;
  },
  async countTokens(question) {
    const headers = { "Content-Type": "application/json" };
    const response = await api.fetchApi("/place/tokens", {
      method: "POST",
      headers,
      body: question,
    });
    const { error, ...answer } = await response.json();
    return error ? { problem: error } : answer;
  },
};

/**
 * @param {Event} event
 * @returns {boolean} whether its element lies over the classic canvas, which then gets no events of
 *   its own; Nodes 2.0 takes what it wants before us
 */
function isOverCanvas(event) {
  return event.target instanceof Element && event.target.closest(".dom-widget") !== null;
}

function loadStyles() {
  for (const file of STYLES) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(`./${file}`, import.meta.url).href;
    document.head.append(link);
  }
}

/** @param {any} node that reads a layout from pictures, which only the server can do */
function tellOfRuns(node) {
  chain(node, "onExecuted", (output) => {
    const classes = readClasses(output?.place_classes);
    if (classes) changed(node, classes);
  });
}

/** The texts of painter and rows in the user's language, as it is when the page is opened. */
async function loadTexts() {
  const language = app.extensionManager?.setting?.get("Comfy.Locale");
  if (!language || language === "en") return;
  try {
    // What the packs have in locales/, by language.
    const messages = await (await api.fetchApi("/i18n")).json();
    const own = messages[language]?.place;
    translate(PAINTER_TEXTS, own?.painter);
    translate(ROWS_TEXTS, own?.rows);
  } catch (error) {
    console.warn("[PLACE] texts stay English, as their translations did not load:", error);
  }
}

app.registerExtension({
  name: "place.layout",
  async init() {
    loadStyles();
    keepTouches(window);
    // Also links farther up than a node's own.
    api.addEventListener("graphChanged", rewired);
    // The front end waits for it, and makes nodes only then.
    await loadTexts();
  },
  getCustomWidgets() {
    return {
      /**
       * @param {any} node
       * @param {string} name
       * @param {[string, Record<string, unknown>?]} spec
       */
      PLACE_PAINTER: (node, name, [, options]) =>
        makePainterWidget(node, name, options ?? {}, host, registry, elements),
    };
  },
  /** @param {any} node */
  nodeCreated(node) {
    if (node.comfyClass === "PLACEPromptEncoder") addClassRows(node, host, elements);
    if (READERS.includes(node.comfyClass)) tellOfRuns(node);
  },
  afterConfigureGraph() {
    // A node may have been made before those that it is linked to.
    rewired();
    elements.refresh();
    // Once more when Nodes 2.0 has shown the new nodes.
    requestAnimationFrame(() => elements.refresh());
  },
});
