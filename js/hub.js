// @ts-check

/**
 * Tells other parts of the front end what a painter's drawing has become.
 *
 * Events "changed": a CustomEvent whose detail is a `Changed`.
 */
export const hub = new EventTarget();

/**
 * @typedef {object} Changed
 * @property {any} node the host's node of the painter
 * @property {Readonly<import("./painter/class_list.js").ClassEntry>[]} classes those of its drawing
 */

/**
 * @param {any} node the host's node of the painter
 * @param {Readonly<import("./painter/class_list.js").ClassEntry>[]} classes those of its drawing
 */
export function changed(node, classes) {
  hub.dispatchEvent(new CustomEvent("changed", { detail: { node, classes } }));
}
