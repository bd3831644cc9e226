import assert from "node:assert/strict";
import { test } from "node:test";

import { hear } from "../../js/hear.js";
import { hub } from "../../js/hub.js";

/** What a node hears of each event, and whether it knows that it left. */
function listening(graph) {
  const node = { graph };
  const got = { node, heard: 0, left: 0 };
  hear(node, ["changed", "rewired"], () => got.heard++, () => got.left++);
  node.onAdded();
  return got;
}

const tell = (event) => hub.dispatchEvent(new Event(event));
const workflow = () => ({ subgraphs: new Map() });

test("a node hears what it asks for, once, until it is removed", () => {
  const got = listening(workflow());
  got.node.onAdded();
  for (const event of ["changed", "rewired", "said"]) tell(event);
  assert.deepEqual([got.heard, got.left], [2, 0]);
  got.node.onRemoved();
  tell("changed");
  assert.deepEqual([got.heard, got.left], [2, 1]);
  got.node.onAdded();
  tell("changed");
  assert.equal(got.heard, 3);
});

test("a node in a subgraph hears until its workflow has another one in its place", () => {
  const root = workflow();
  const subgraph = { id: "a", rootGraph: root };
  root.subgraphs.set("a", subgraph);
  const got = listening(subgraph);
  tell("changed");
  assert.deepEqual([got.heard, got.left], [1, 0]);
  root.subgraphs.set("a", { id: "a", rootGraph: root });
  tell("changed");
  tell("changed");
  assert.deepEqual([got.heard, got.left], [1, 1]);
});
