// @ts-check

/** @typedef {import("./layout_class.js").LayoutClass} LayoutClass */

/**
 * Tells the nodes of this pack what the others know.
 *
 * Events: "changed", a node knows the classes of its layout (they may be others than before), and
 * "rewired", links of the graph may be others.
 */
export const hub = new EventTarget();

/** @type {WeakMap<object, LayoutClass[]>} */
const known = new WeakMap();

/**
 * @param {any} node the host's node of a layout
 * @param {LayoutClass[]} classes its whole table by ascending id
 */
export function changed(node, classes) {
  known.set(node, classes);
  hub.dispatchEvent(new Event("changed"));
}

export function rewired() {
  hub.dispatchEvent(new Event("rewired"));
}

/**
 * @param {any} node the host's node of a layout, or null
 * @returns {LayoutClass[] | undefined} undefined where they are not known yet
 */
export function classesOf(node) {
  return known.get(node);
}
