// @ts-check

/** What a link comes from that comes from outside of the subgraph. */
const OUTSIDE = -10;
/** A damaged workflow may have links that go in a circle. */
const MAX_STEPS = 1000;
/** Modes of nodes that do not run. */
const [MUTED, BYPASSED] = [2, 4];

/**
 * Where a node is: the subgraph nodes that it is in, the innermost first. The same subgraph may be
 * in a graph several times, and so may its nodes.
 *
 * @typedef {any[]} Place
 */

/**
 * @typedef {object} Origin one of these, or neither where that cannot be told
 * @property {any} [source] the node that makes what comes in
 * @property {{node: any, slot: number}} [input] the one that nothing is connected to: of the node
 *   itself, or of a subgraph node that it is in
 */

/**
 * @param {any} graph
 * @returns {Place[]} where the nodes of this graph are; none where it is not in use
 */
export function placesOf(graph) {
  if (!graph) return [];
  const root = graph.rootGraph ?? graph;
  if (root === graph) return [[]];
  const graphs = [root, ...root.subgraphs.values()];
  return graphs
    .flatMap((other) => other.nodes)
    .filter((node) => node.isSubgraphNode?.() && node.subgraph === graph)
    .flatMap((host) => placesOf(host.graph).map((place) => [host, ...place]));
}

/**
 * @param {any} node
 * @param {Place} place of the node
 * @returns {boolean} whether a run of the workflow reaches it: neither it is muted or bypassed nor
 *   what it is in
 */
export function isActive(node, place) {
  return [node, ...place].every(({ mode }) => mode !== MUTED && mode !== BYPASSED);
}

/**
 * Goes up the links of an input, through reroutes, into subgraphs and out of them.
 *
 * @param {any} node
 * @param {string} name of the input
 * @param {Place} place of the node
 * @returns {Origin}
 */
export function originOf(node, name, place) {
  const hosts = [...place];
  let { graph } = node;
  let input = { node, slot: slotOf(node, name) };
  if (!graph || input.slot < 0) return {};
  let link = linkTo(input);
  for (let step = 0; step < MAX_STEPS; step++) {
    if (!link) return { input };
    if (Number(link.origin_id) === OUTSIDE) {
      const host = hosts.shift();
      if (!host) return {};
      input = { node: host, slot: slotOf(host, graph.inputs[link.origin_slot]?.name) };
      if (input.slot < 0) return {};
      graph = host.graph;
      link = linkTo(input);
      continue;
    }
    const origin = graph.getNodeById(link.origin_id);
    if (!origin) return {};
    if (origin.isSubgraphNode?.()) {
      link = origin.resolveSubgraphOutputLink(link.origin_slot)?.link;
      if (!link) return {};
      hosts.unshift(origin);
      graph = origin.subgraph;
    } else if (origin.type === "Reroute") {
      link = linkTo({ node: origin, slot: 0 });
      if (!link) return {};
    } else {
      return { source: origin };
    }
  }
  return {};
}

/**
 * Not the node's own `getInputLink`, which means something else for subgraph nodes.
 *
 * @param {{node: any, slot: number}} input
 * @returns {any} the link, or undefined
 */
function linkTo({ node, slot }) {
  const { link } = node.inputs[slot] ?? {};
  return link === null || link === undefined ? undefined : node.graph.getLink(link);
}

/**
 * @param {any} node
 * @param {string} name of an input
 * @returns {number} -1 where it has none of this name
 */
function slotOf(node, name) {
  return node.inputs?.findIndex((/** @type {any} */ input) => input.name === name) ?? -1;
}
