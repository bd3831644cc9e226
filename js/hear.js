// @ts-check

import { chain } from "./chain.js";
import { hub } from "./hub.js";

/**
 * Hears the hub for as long as a node is in a graph that is in use.
 *
 * @param {any} node
 * @param {string[]} events of the hub
 * @param {() => void} listener
 * @param {() => void} [left] told once it hears no more
 */
export function hear(node, events, listener, left) {
  let hears = false;
  const stop = () => {
    if (!hears) return;
    hears = false;
    for (const event of events) hub.removeEventListener(event, heard);
    left?.();
  };
  // Some front ends drop a subgraph, as each undo does, and tell no node that was in it.
  const heard = () => (isInUse(node.graph) ? listener() : stop());
  chain(node, "onAdded", () => {
    hears = true;
    for (const event of events) hub.addEventListener(event, heard);
  });
  chain(node, "onRemoved", stop);
}

/**
 * @param {any} graph
 * @returns {boolean} whether it is a workflow's own graph or one of its subgraphs
 */
function isInUse(graph) {
  const root = graph?.rootGraph ?? graph;
  return !!root && (root === graph || [...root.subgraphs.values()].includes(graph));
}
