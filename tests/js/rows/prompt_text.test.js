import assert from "node:assert/strict";
import { test } from "node:test";

import { readClasses } from "../../../js/layout_class.js";
import { dropWords, readWords, writeWords } from "../../../js/rows/prompt_text.js";

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

test("what follows // is a comment, at the start of a line or after white space", () => {
  const text = "sky = https://blue // mine = yours\n7 = old//new\t// x\n//tree = no\n // 3 = no";
  assert.deepEqual(read(text), { 0: "https://blue", 7: "old//new" });
  assert.deepEqual(read("sky // no = blue\n7 = //"), { 7: "" });
});

test("signs of keyboards for wide letters are read", () => {
  const text = "sky ＝ blue = dark\n７＝old\n＃04C803＝oak";
  assert.deepEqual(read(text), { 0: "blue = dark", 7: "old", 3: "oak" });
});

test("an edit keeps the comment of its line", () => {
  const text = "sky = blue  // mine\n７＝old // his";
  assert.equal(writeWords(text, CLASSES, SKY, "red"), "sky = red // mine\n７＝old // his");
  assert.equal(writeWords(text, CLASSES, SKY, ""), "sky = // mine\n７＝old // his");
  assert.equal(writeWords(text, CLASSES, BUILDING, "new"), "sky = blue  // mine\n７＝ new // his");
});

test("words that begin a comment end there", () => {
  assert.equal(writeWords("sky = x // mine", CLASSES, SKY, "a // b"), "sky = a // mine");
  assert.equal(writeWords("", CLASSES, SKY, "see https://a"), "sky = see https://a");
  assert.equal(writeWords("", CLASSES, SKY, "// b"), "");
});

test("a class is given its own words back by taking its line out", () => {
  assert.equal(dropWords("sky = blue", CLASSES, SKY), "");
  assert.equal(dropWords("sky = blue\r\n7 = old\n", CLASSES, SKY), "7 = old\n");
  assert.equal(dropWords("7 = old\r\nsky = blue", CLASSES, SKY), "7 = old");
  assert.equal(dropWords("7 = old\nsky = blue\n", CLASSES, SKY), "7 = old\n");
  assert.equal(dropWords("sky = blue // mine", CLASSES, SKY), "sky = // mine");
  assert.equal(dropWords("7 = old", CLASSES, SKY), "7 = old");
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
  for (const name of ["a = b", "a＝b", "// c", "a // b", "#06e6e6", "4", " x", "two\nlines", "sky"]) {
    const classes = [...CLASSES, { ...SKY, id: 9, name, color: "#010101" }];
    assert.equal(writeWords("", classes, classes[4], "w"), "9 = w", name);
  }
});

test("any other name is written as it is", () => {
  for (const name of ['"quoted"', "<b>bold</b>", "🌲", "שמיים", "# 1", "C++", "$&", "a//b"]) {
    const classes = [...CLASSES, { ...SKY, id: 9, name, color: "#010101" }];
    assert.equal(writeWords("", classes, classes[4], "w"), `${name} = w`, name);
  }
});
