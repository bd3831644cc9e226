// @ts-check

import { element } from "./element.js";
import { iconButton } from "./icon_button.js";
import { moveOptions } from "./move_options.js";
import { sliders } from "./sliders.js";
import { TEXTS } from "./texts.js";
import { toolButtons } from "./tool_buttons.js";

/**
 * @typedef {object} ToolbarOptions
 * @property {import("./painting.js").Painting} painting
 * @property {import("./settings.js").Settings} settings
 * @property {HTMLElement} files their menu
 * @property {HTMLElement} size of the drawing
 * @property {(tool: import("./settings.js").ToolName) => void} choose
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} clear
 * @property {() => void} fit
 * @property {(factor: number) => void} zoom
 */

/**
 * The controls above the drawing.
 *
 * @param {ToolbarOptions} options
 * @returns {HTMLElement}
 */
export function toolbar({ painting, settings, files, size, choose, ...actions }) {
  const undo = iconButton("undo", TEXTS.undo, actions.undo);
  const redo = iconButton("redo", TEXTS.redo, actions.redo);
  const show = () => {
    undo.disabled = !painting.canUndo;
    redo.disabled = !painting.canRedo;
  };
  painting.addEventListener("settled", show);
  show();
  const history = [undo, redo, iconButton("clear", TEXTS.clear, actions.clear)];
  const zoom = [
    iconButton("zoomOut", TEXTS.zoomOut, () => actions.zoom(1 / 1.25)),
    iconButton("zoomIn", TEXTS.zoomIn, () => actions.zoom(1.25)),
    iconButton("fit", TEXTS.fit, actions.fit),
  ];
  return element(
    "div",
    { class: "place-painter-toolbar", role: "toolbar", "aria-label": TEXTS.painter },
    files,
    toolButtons(settings, choose),
    element("div", { class: "place-painter-group" }, ...history),
    element("div", { class: "place-painter-group" }, ...zoom),
    size,
    ...sliders(settings),
    moveOptions(settings),
  );
}
