import assert from "node:assert/strict";
import { test } from "node:test";

import { readClasses } from "../../../js/layout_class.js";
import { readWords, writeWords } from "../../../js/rows/prompt_text.js";

const CLASSES = readClasses([
  [0, "sky", "sky", "#06e6e6", 0.5],
  [3, "tree", "tree", "#04c803", 0],
  [4, "palm tree palm", "palm tree palm", "#0052ff", 0.25],
  [7, "building edifice", "building edifice", "#b47878", 0.25],
]);
const [SKY, , , BUILDING] = CLASSES;

const read = (text) => Object.fromEntries(readWords(text, CLASSES));

test("words are read from the lines that name a class", () => {
  const text = "// sky = not this\n\n  SKY = stormy = dark \nnonsense\nghost = boo\n7=\ntree = old";
  assert.deepEqual(read(text), { 0: "stormy = dark", 7: "", 3: "old" });
});

test("of two lines of a class the first is shown", () => {
  assert.deepEqual(read("sky = one\n0 = two"), { 0: "one" });
});

test("an edit changes its own line and nothing else", () => {
  const text = "// my words\r\nghost = boo\n\n  building   =  old\nsky = blue\n";
  const edited = writeWords(text, CLASSES, BUILDING, " a new one ");
  assert.equal(edited, "// my words\r\nghost = boo\n\n  building   = a new one\nsky = blue\n");
});

test("a class without a line gets one at the end", () => {
  assert.equal(writeWords("", CLASSES, SKY, "blue"), "sky = blue");
  assert.equal(writeWords("7 = x", CLASSES, SKY, "blue"), "7 = x\nsky = blue");
  assert.equal(writeWords("7 = x\n", CLASSES, SKY, "blue"), "7 = x\nsky = blue");
});

test("a line whose words are taken away keeps its place", () => {
  const text = writeWords("sky = blue\n7 = old", CLASSES, SKY, "");
  assert.equal(text, "sky =\n7 = old");
  assert.equal(writeWords(text, CLASSES, SKY, "red"), "sky = red\n7 = old");
});

test("no words for a class without a line change nothing", () => {
  assert.equal(writeWords("7 = old", CLASSES, SKY, "  "), "7 = old");
});

test("words stay on one line", () => {
  assert.equal(writeWords("", CLASSES, SKY, "a\nb\r\nc\u2028d"), "sky = a b c d");
});

test("a name that a line cannot hold is written as a number", () => {
  for (const name of ["a = b", "// c", "#06e6e6", "4", " x", "two\nlines", "sky"]) {
    const classes = [...CLASSES, { ...SKY, id: 9, name, color: "#010101" }];
    assert.equal(writeWords("", classes, classes[4], "w"), "9 = w", name);
  }
});

test("any other name is written as it is", () => {
  for (const name of ['"quoted"', "<b>bold</b>", "🌲", "שמיים", "# 1", "C++", "$&", "a // b"]) {
    const classes = [...CLASSES, { ...SKY, id: 9, name, color: "#010101" }];
    assert.equal(writeWords("", classes, classes[4], "w"), `${name} = w`, name);
  }
});
