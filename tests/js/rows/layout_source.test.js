import assert from "node:assert/strict";
import { test } from "node:test";

import { layoutSource } from "../../../js/rows/layout_source.js";

/** A graph of nodes `id: [type, [origin id, origin slot] of its input]`. */
function graph(nodes) {
  const made = {};
  const self = { getNodeById: (id) => made[id] ?? null };
  for (const [id, [type, origin]] of Object.entries(nodes)) {
    const link = origin ? { origin_id: origin[0], origin_slot: origin[1] } : null;
    made[id] = {
      id,
      type,
      graph: self,
      inputs: [{ name: "clip" }, { name: "layout" }],
      getInputLink: (slot) => (slot === (type === "Reroute" ? 0 : 1) ? link : null),
    };
  }
  return { ...self, made };
}

test("the node that a link comes from", () => {
  const { made } = graph({ 1: ["Painter"], 2: ["Encoder", [1, 0]] });
  assert.equal(layoutSource(made[2], "layout"), made[1]);
  assert.equal(layoutSource(made[2], "clip"), null);
  assert.equal(layoutSource(made[2], "no such input"), null);
});

test("through reroutes", () => {
  const { made } = graph({
    1: ["Painter"],
    2: ["Reroute", [1, 0]],
    3: ["Reroute", [2, 0]],
    4: ["Encoder", [3, 0]],
  });
  assert.equal(layoutSource(made[4], "layout"), made[1]);
});

test("into a subgraph, and through one in it", () => {
  const inner = graph({ 7: ["Painter"], 8: ["Reroute", [7, 0]] });
  const middle = graph({ 5: ["subgraph"] });
  const outer = graph({ 1: ["subgraph"], 2: ["Encoder", [1, 0]] });
  const put = (node, subgraph, link) =>
    Object.assign(node, {
      subgraph,
      isSubgraphNode: () => true,
      resolveSubgraphOutputLink: () => ({ link }),
    });
  put(middle.made[5], inner, { origin_id: 8, origin_slot: 0 });
  put(outer.made[1], middle, { origin_id: 5, origin_slot: 0 });
  assert.equal(layoutSource(outer.made[2], "layout"), inner.made[7]);
});

test("what comes from outside of a subgraph is not known", () => {
  const { made } = graph({ 2: ["Encoder", [-10, 0]] });
  assert.equal(layoutSource(made[2], "layout"), null);
});

test("links in a circle come to an end", () => {
  const { made } = graph({
    1: ["Reroute", [2, 0]],
    2: ["Reroute", [1, 0]],
    3: ["Encoder", [2, 0]],
  });
  assert.equal(layoutSource(made[3], "layout"), null);
});

test("a node that is in no graph has no source", () => {
  assert.equal(layoutSource({ graph: null, inputs: [] }, "layout"), null);
});
