// @ts-check

// The only file that knows the host.
// @ts-ignore served by ComfyUI
import { app } from "../../scripts/app.js";
// @ts-ignore served by ComfyUI
import { api } from "../../scripts/api.js";

import { Registry } from "./painter/registry.js";
import { makePainterWidget } from "./painter/widget.js";

const registry = new Registry();

/** @type {import("./painter/widget.js").Host} */
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
};

/**
 * @param {Event} event
 * @returns {boolean} whether the painter lies over the classic canvas, which then gets no events of
 *   its own; Nodes 2.0 takes what it wants before us
 */
function isOverCanvas(event) {
  return event.target instanceof Element && event.target.closest(".dom-widget") !== null;
}

function loadStyles() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("./place.css", import.meta.url).href;
  document.head.append(link);
}

app.registerExtension({
  name: "place.layout",
  init: loadStyles,
  getCustomWidgets() {
    return {
      /**
       * @param {any} node
       * @param {string} name
       * @param {[string, Record<string, unknown>?]} spec
       */
      PLACE_PAINTER: (node, name, [, options]) =>
        makePainterWidget(node, name, options ?? {}, host, registry),
    };
  },
  afterConfigureGraph() {
    registry.refresh();
    // Once more when Nodes 2.0 has shown the new nodes.
    requestAnimationFrame(() => registry.refresh());
  },
});
