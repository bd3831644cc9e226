import assert from "node:assert/strict";
import { test } from "node:test";

import { saidOf } from "../../../js/painter/said.js";

const SKY = { id: 1, words: "sky" };

/** An encoder that has these words by class; it notes what is written. */
function speaker(title, words) {
  const written = [];
  const map = words && new Map(Object.entries(words).map(([id, text]) => [Number(id), text]));
  return { title, words: map, written, write: (id, text) => written.push([id, text]) };
}

test("nothing is said of a class that no encoder has words for", () => {
  assert.equal(saidOf([], SKY), null);
  assert.equal(saidOf([speaker("A", { 2: "sea" }), speaker("B", { 1: "" })], SKY), null);
});

test("the words of the one encoder are said, and may be written there", () => {
  const one = speaker("A", { 1: "storm" });
  const { kind, words, by, write } = saidOf([one], SKY);
  assert.deepEqual([kind, words], ["same", "storm"]);
  assert.deepEqual(by, [{ title: "A", words: "storm" }]);
  write("fog");
  assert.deepEqual(one.written, [[1, "fog"]]);
});

test("the same words of several are one", () => {
  const two = [speaker("A", { 1: "storm" }), speaker("B", { 1: "storm" })];
  assert.equal(saidOf(two, SKY).kind, "same");
});

test("different words are all named, also those of the painter where one has none", () => {
  const two = [speaker("A", { 1: "storm" }), speaker("B", {})];
  const { kind, words, by, write } = saidOf(two, SKY);
  assert.deepEqual([kind, words], ["different", "storm · sky"]);
  assert.deepEqual(by[1], { title: "B", words: "sky" });
  write("");
  assert.deepEqual([two[0].written, two[1].written], [[[1, ""]], []]);
});

test("words of another node are not known", () => {
  assert.equal(saidOf([speaker("A", null)], SKY).kind, "unknown");
  const { kind, words } = saidOf([speaker("A", null), speaker("B", { 1: "storm" })], SKY);
  assert.deepEqual([kind, words], ["different", "… · storm"]);
});
