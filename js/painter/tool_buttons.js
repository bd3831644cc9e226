// @ts-check

import { element } from "./element.js";
import { iconButton } from "./icon_button.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./settings.js").ToolName} ToolName */

const TOOLS = /** @type {ToolName[]} */ (Object.keys(TEXTS.tools));

/**
 * @param {import("./settings.js").Settings} settings
 * @param {(tool: ToolName) => void} choose
 * @returns {HTMLElement}
 */
export function toolButtons(settings, choose) {
  const buttons = TOOLS.map((tool) => iconButton(tool, TEXTS.tools[tool], () => choose(tool)));
  const show = () => {
    TOOLS.forEach((tool, i) => {
      buttons[i].setAttribute("aria-pressed", String(tool === settings.values.tool));
    });
  };
  settings.addEventListener("change", show);
  show();
  return element("div", { class: "place-painter-group", role: "group" }, ...buttons);
}
