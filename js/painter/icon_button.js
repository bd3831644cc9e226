// @ts-check

import { element } from "./element.js";
import { icon } from "./icons.js";

/**
 * @param {import("./icons.js").IconName} name
 * @param {string} title also its name for screen readers
 * @param {() => void} action
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, title, action) {
  return element(
    "button",
    { type: "button", title, "aria-label": title, "data-icon": name, onclick: action },
    icon(name),
  );
}
