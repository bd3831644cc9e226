import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { TEXTS as PAINTER } from "../../js/painter/texts.js";
import { TEXTS as ROWS } from "../../js/rows/texts.js";
import { translate } from "../../js/translate.js";

const LANGUAGES = ["de", "es", "fr", "ja", "zh"];

const read = (language) => {
  const file = new URL(`../../locales/${language}/main.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).place;
};

/** Texts as the messages of a locale: with {0}, {1}, {2} for what they are given. */
const messages = (texts) =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      if (typeof text === "function") return [name, text("{0}", "{1}", "{2}")];
      return [name, typeof text === "object" ? messages(text) : text];
    }),
  );

test("the English locale says what painter and rows say", () => {
  const said = { painter: messages(PAINTER), rows: messages(ROWS) };
  assert.deepEqual(said, read("en"), JSON.stringify(said, null, 2));
});

test("values are filled in as they are", () => {
  const texts = { made: (name, count) => `${name}: ${count}` };
  translate(texts, { made: "{1} of {0}, {0}" });
  assert.equal(texts.made("$& {1}", 2), "2 of $& {1}, $& {1}");
});

test("what has no message, or none of its kind, stays", () => {
  const texts = { a: "A", group: { b: "B" }, c: () => "C" };
  for (const bad of [undefined, null, "x", { a: 1, group: "b", c: {}, d: "D", constructor: "x" }]) {
    translate(texts, bad);
  }
  assert.deepEqual(Object.keys(texts), ["a", "group", "c"]);
  assert.deepEqual([texts.a, texts.group, texts.c()], ["A", { b: "B" }, "C"]);
});

// Last, as it changes the texts for good.
for (const language of LANGUAGES) {
  test(`painter and rows speak ${language}`, () => {
    const { painter, rows } = read(language);
    translate(PAINTER, painter);
    translate(ROWS, rows);
    assert.deepEqual(messages(PAINTER), painter);
    assert.deepEqual(messages(ROWS), rows);
  });
}
