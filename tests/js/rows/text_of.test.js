import assert from "node:assert/strict";
import { test } from "node:test";

import { textOf, valueOf } from "../../../js/rows/text_of.js";

const OUTSIDE = -10;

/** A node with a text, whose input comes from the link; in a graph with another node. */
function encoder(link) {
  const widget = { name: "text", value: "own" };
  const node = { widgets: [widget], inputs: [{ name: "text", link: link ? 5 : null }] };
  node.graph = {
    inputs: [{ name: "promoted" }],
    getLink: () => link,
    getNodeById: () => ({ type: "Primitive" }),
  };
  return { node, widget };
}

test("a text that nothing is connected to is that of its widget", () => {
  const { node, widget } = encoder(null);
  assert.deepEqual(textOf(node, "text", []), { owner: node, widget });
  node.inputs = [];
  assert.deepEqual(textOf(node, "text", []), { owner: node, widget });
});

test("a text that another node gives is not known", () => {
  const { node } = encoder({ origin_id: 1, origin_slot: 0 });
  assert.equal(textOf(node, "text", []), null);
});

test("a text that is a widget of a subgraph node is that of its place", () => {
  const { node } = encoder({ origin_id: OUTSIDE, origin_slot: 0 });
  const promoted = { name: "promoted", value: "outside" };
  const host = { inputs: [{ name: "promoted" }], widgets: [promoted] };
  assert.deepEqual(textOf(node, "text", [host]), { owner: host, widget: promoted });
  assert.equal(textOf(node, "text", [{ ...host, widgets: [] }]), null);
  assert.equal(textOf(node, "text", []), null);
});

test("a damaged value is text too", () => {
  assert.equal(valueOf({ owner: null, widget: { value: null } }), "");
  assert.equal(valueOf({ owner: null, widget: { value: 5 } }), "5");
});
