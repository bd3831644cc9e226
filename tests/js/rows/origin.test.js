import assert from "node:assert/strict";
import { test } from "node:test";

import { isActive, originOf, placesOf } from "../../../js/rows/origin.js";

/** A graph of nodes `id: [type, [origin id, origin slot] of its input]`. */
function graph(nodes) {
  const made = {};
  const links = {};
  const self = {
    made,
    getNodeById: (id) => made[id] ?? null,
    getLink: (id) => links[id],
  };
  for (const [id, [type, origin]] of Object.entries(nodes)) {
    if (origin) links[id] = { origin_id: origin[0], origin_slot: origin[1] };
    const layout = { name: "layout", link: origin ? id : null };
    const inputs = type === "Reroute" ? [layout] : [{ name: "clip", link: null }, layout];
    made[id] = { id, type, graph: self, inputs };
  }
  return self;
}

/** Puts a graph into a node of another, whose output is that of the node `id` in it. */
function nest(host, inner, id) {
  return Object.assign(host, {
    subgraph: inner,
    isSubgraphNode: () => true,
    resolveSubgraphOutputLink: () => ({ link: { origin_id: id, origin_slot: 0 } }),
  });
}

/** Makes graphs those of one workflow. */
function workflow(root, ...subgraphs) {
  root.subgraphs = new Map(subgraphs.map((subgraph, i) => [i, subgraph]));
  for (const graph of [root, ...subgraphs]) {
    graph.rootGraph = root;
    graph.nodes = Object.values(graph.made);
    graph.inputs = [{ name: "clip" }, { name: "layout" }];
  }
}

test("the node that a link comes from", () => {
  const { made } = graph({ 1: ["Painter"], 2: ["Encoder", [1, 0]] });
  assert.equal(originOf(made[2], "layout", []).source, made[1]);
  assert.deepEqual(originOf(made[2], "no such input", []), {});
});

test("an input that nothing is connected to is the origin itself", () => {
  const { made } = graph({ 1: ["Painter"], 2: ["Encoder", [1, 0]] });
  const { source, input } = originOf(made[2], "clip", []);
  assert.equal(source, undefined);
  assert.deepEqual([input.node, input.slot], [made[2], 0]);
});

test("through reroutes", () => {
  const { made } = graph({
    1: ["Painter"],
    2: ["Reroute", [1, 0]],
    3: ["Reroute", [2, 0]],
    4: ["Encoder", [3, 0]],
  });
  assert.equal(originOf(made[4], "layout", []).source, made[1]);
});

test("into a subgraph, and through one in it", () => {
  const inner = graph({ 7: ["Painter"], 8: ["Reroute", [7, 0]] });
  const middle = graph({ 5: ["subgraph"] });
  const outer = graph({ 1: ["subgraph"], 2: ["Encoder", [1, 0]] });
  nest(middle.made[5], inner, 8);
  nest(outer.made[1], middle, 5);
  assert.equal(originOf(outer.made[2], "layout", []).source, inner.made[7]);
});

test("out of a subgraph, to what each of its places gets", () => {
  const inner = graph({ 9: ["Encoder", [-10, 1]] });
  const outer = graph({
    1: ["Painter"],
    2: ["Painter"],
    3: ["subgraph", [1, 0]],
    4: ["subgraph", [2, 0]],
    5: ["subgraph"],
  });
  workflow(outer, inner);
  for (const id of [3, 4, 5]) nest(outer.made[id], inner, 9);
  const places = placesOf(inner);
  assert.deepEqual(
    places.map((place) => place.map(({ id }) => Number(id))),
    [[3], [4], [5]],
  );
  const [first, second, third] = places.map((place) => originOf(inner.made[9], "layout", place));
  assert.deepEqual([first.source, second.source], [outer.made[1], outer.made[2]]);
  assert.equal(third.input.node, outer.made[5]);
});

test("out of one place of a subgraph into another", () => {
  const inner = graph({ 9: ["Reroute", [-10, 1]], 8: ["Encoder", [-10, 1]] });
  const outer = graph({ 1: ["Painter"], 3: ["subgraph", [1, 0]], 4: ["subgraph", [3, 0]] });
  workflow(outer, inner);
  for (const id of [3, 4]) nest(outer.made[id], inner, 9);
  assert.equal(originOf(inner.made[8], "layout", [outer.made[4]]).source, outer.made[1]);
});

test("a graph has one place, a subgraph those of its nodes, one out of use none", () => {
  const [inner, middle, unused] = [graph({ 1: ["Encoder"] }), graph({ 2: ["s"] }), graph({})];
  const outer = graph({ 3: ["s"], 4: ["s"] });
  workflow(outer, inner, middle);
  unused.rootGraph = outer;
  nest(middle.made[2], inner, 1);
  for (const id of [3, 4]) nest(outer.made[id], middle, 2);
  const ids = (subgraph) => placesOf(subgraph).map((place) => place.map(({ id }) => Number(id)));
  assert.deepEqual(ids(outer), [[]]);
  assert.deepEqual(ids(inner), [
    [2, 3],
    [2, 4],
  ]);
  assert.deepEqual(ids(unused), []);
  assert.deepEqual(ids(null), []);
});

test("what is muted or bypassed does not run, nor what is in it", () => {
  assert.equal(isActive({ mode: 0 }, [{ mode: 0 }]), true);
  for (const mode of [2, 4]) {
    assert.equal(isActive({ mode }, []), false);
    assert.equal(isActive({ mode: 0 }, [{ mode: 0 }, { mode }]), false);
  }
});

test("links in a circle come to an end", () => {
  const { made } = graph({
    1: ["Reroute", [2, 0]],
    2: ["Reroute", [1, 0]],
    3: ["Encoder", [2, 0]],
  });
  assert.deepEqual(originOf(made[3], "layout", []), {});
});

test("a node that is in no graph has no origin", () => {
  assert.deepEqual(originOf({ graph: null, inputs: [] }, "layout", []), {});
});
