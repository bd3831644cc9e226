// @ts-check

import { originOf } from "./origin.js";

/**
 * @typedef {object} Text of a node, as an artist wrote it
 * @property {any} owner the node on which it is written: the node itself, or a subgraph node that it
 *   is in
 * @property {any} widget its value is the text
 */

/**
 * @param {any} node
 * @param {string} name of its input
 * @param {import("./origin.js").Place} place of the node
 * @returns {Text | null} null where another node gives the text
 */
export function textOf(node, name, place) {
  const own = ownWidget(node, name);
  const { source, input } = originOf(node, name, place);
  if (source) return null;
  // Front ends give a widget its input only when something is connected.
  if (!input) return hasLink(node, name) ? null : { owner: node, widget: own };
  if (input.node === node) return { owner: node, widget: own };
  const slot = input.node.inputs[input.slot];
  const widget = input.node.widgets?.find(
    (/** @type {any} */ other) => other.name === (slot.widget?.name ?? slot.name),
  );
  return widget ? { owner: input.node, widget } : null;
}

/**
 * @param {any} node
 * @param {string} name
 * @returns {any} its widget of this name
 */
export function ownWidget(node, name) {
  return node.widgets.find((/** @type {any} */ widget) => widget.name === name);
}

/**
 * @param {any} node
 * @param {string} name of an input
 */
function hasLink(node, name) {
  const input = node.inputs?.find((/** @type {any} */ other) => other.name === name);
  return input?.link !== null && input?.link !== undefined;
}

/**
 * @param {Text} text
 * @returns {string} a damaged workflow may hold anything
 */
export function valueOf({ widget }) {
  return String(widget.value ?? "");
}
