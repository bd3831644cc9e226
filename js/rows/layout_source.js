// @ts-check

/**
 * Goes up the links of an input, through reroutes and out of subgraphs.
 *
 * @param {any} node
 * @param {string} name of the input
 * @returns {any} the node that makes what comes in; null where there is none, or where it is
 *   outside of the subgraph that the node is in
 */
export function layoutSource(node, name) {
  if (!node.graph) return null;
  const slot = node.inputs?.findIndex((/** @type {any} */ input) => input.name === name) ?? -1;
  let { graph } = node;
  let link = slot < 0 ? null : node.getInputLink(slot);
  const passed = new Set();
  // A damaged workflow may have links that go in a circle.
  while (link && !passed.has(link)) {
    passed.add(link);
    const origin = graph.getNodeById(link.origin_id);
    if (!origin) return null;
    if (origin.isSubgraphNode?.()) {
      link = origin.resolveSubgraphOutputLink(link.origin_slot)?.link;
      graph = origin.subgraph;
    } else if (origin.type === "Reroute") {
      link = origin.getInputLink(0);
    } else {
      return origin;
    }
  }
  return null;
}
