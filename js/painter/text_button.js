// @ts-check

import { element } from "./element.js";

/**
 * @param {string} text also its name for screen readers
 * @param {string} title what it does
 * @param {() => void} action
 * @returns {HTMLButtonElement}
 */
export function textButton(text, title, action) {
  return element("button", { type: "button", title, onclick: action }, text);
}
