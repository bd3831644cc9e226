import assert from "node:assert/strict";
import { test } from "node:test";

import { hub, say, speakersOf } from "../../js/hub.js";

const speaker = (title) => ({ title, words: new Map(), write() {} });
const titles = (node) => speakersOf(node).map(({ title }) => title);

test("what encoders say of a layout is known until they say something else", () => {
  const [one, other, encoder, second] = [{}, {}, {}, {}];
  let told = 0;
  hub.addEventListener("said", () => told++);
  say(encoder, [
    { source: one, speaker: speaker("a") },
    { source: one, speaker: speaker("b") },
  ]);
  say(second, [{ source: one, speaker: speaker("c") }]);
  assert.deepEqual(titles(one), ["a", "b", "c"]);
  say(encoder, [{ source: other, speaker: speaker("d") }]);
  assert.deepEqual([titles(one), titles(other)], [["c"], ["d"]]);
  say(encoder, []);
  assert.deepEqual([titles(other), titles({})], [[], []]);
  assert.equal(told, 4);
});
