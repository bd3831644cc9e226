import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassList } from "../../../js/painter/class_list.js";
import { ODD_NAMES } from "../helpers.js";

/** @param {...string} names */
function listOf(...names) {
  const list = new ClassList();
  for (const name of names) list.add(name);
  return list;
}

const namesOf = (list) => list.entries.map(({ name }) => name);

// --- Adding and finding --------------------------------------------------------------------------

test("a class gets a number, a color, and its name without blanks around", () => {
  const list = new ClassList();
  const { color, ...rest } = list.add("  sky ");
  assert.deepEqual(rest, { index: 1, name: "sky", words: "", hidden: false });
  assert.match(color, /^#[0-9a-f]{6}$/);
});

test("words and color may be given", () => {
  const entry = new ClassList().add("tree", " an old oak\n", "#04C803");
  assert.equal(entry.words, "an old oak");
  assert.equal(entry.color, "#04c803");
});

test("the lowest free number is taken, and the newest class is last", () => {
  const list = listOf("a", "b", "c");
  assert.equal(list.remove(2).name, "b");
  assert.equal(list.add("d").index, 2);
  assert.deepEqual(namesOf(list), ["a", "c", "d"]);
});

test("a class may be added with a number of its own", () => {
  const list = listOf("a");
  assert.equal(list.add("b", "", undefined, 7).index, 7);
  assert.equal(list.add("c").index, 2);
  assert.deepEqual(namesOf(list), ["a", "b", "c"]);
});

test("the number of a class is its index, in old drawings one less", () => {
  for (const [version, shift] of [
    [1, 1],
    [2, 0],
  ]) {
    const list = ClassList.fromJSON(listOf("sky", "sea").toJSON(), version);
    assert.equal(list.version, version);
    assert.equal(list.number(2), 2 - shift);
    assert.equal(list.numbered(2 - shift).name, "sea");
    assert.equal(list.numbered(0)?.name, shift ? "sky" : undefined);
    assert.equal(list.numbered(9), undefined);
    assert.equal(list.number(list.add("tree").index), 3 - shift);
  }
  assert.equal(new ClassList().version, 2);
});

test("a class is found by its number, and by its name in any case", () => {
  const list = listOf("Sky", "café");
  assert.equal(list.get(1).name, "Sky");
  assert.equal(list.get(0), undefined);
  assert.equal(list.get(3), undefined);
  assert.equal(list.find(" sKY ").index, 1);
  assert.equal(list.find("cafe\u0301").index, 2);
  assert.equal(list.find("sk"), undefined);
  assert.equal(list.find(""), undefined);
});

test("entries cannot be changed from outside, and stay as they were", () => {
  const list = listOf("sky");
  const entry = list.get(1);
  assert.throws(() => (entry.name = "sea"), TypeError);
  list.entries.pop();
  list.toJSON()[0].name = "sea";
  assert.equal(list.size, 1);
  list.rename(1, "sea");
  assert.equal(entry.name, "sky");
  assert.equal(list.get(1).name, "sea");
});

test("the palette has the color of each number, black for those of no class", () => {
  const list = listOf("a", "b", "c");
  list.recolor(1, "#ff0000");
  list.recolor(3, "#0000ff");
  list.remove(2);
  assert.deepEqual(list.palette(), ["#000000", "#ff0000", "#000000", "#0000ff"]);
  assert.deepEqual(new ClassList().palette(), ["#000000"]);
});

test("there is room for 255 classes, each with a color of its own", () => {
  const list = new ClassList();
  for (let i = 1; i <= 255; i++) assert.equal(list.add(`class ${i}`).index, i);
  assert.equal(new Set(list.entries.map(({ color }) => color)).size, 255);
  assert.equal(list.palette().length, 256);
  const message = /“one more” could not be added: .* 255 classes\. Remove/;
  assert.throws(() => list.add("one more"), message);
  assert.equal(list.size, 255);
  list.remove(100);
  assert.equal(list.add("one more").index, 100);
});

// --- Names ---------------------------------------------------------------------------------------

for (const [kind, name] of Object.entries(ODD_NAMES)) {
  test(`a name with ${kind} stays as it is`, () => {
    const list = listOf("sky", name);
    list.setWords(2, name);
    assert.equal(list.get(2).name, name);
    assert.equal(list.get(2).words, name);
    assert.equal(list.find(name).index, 2);
    assert.throws(() => list.add(name), /is on the list already/);
    const again = ClassList.fromJSON(JSON.parse(JSON.stringify(list)));
    assert.deepEqual(again.toJSON(), list.toJSON());
  });
}

test("a name is on one line", () => {
  assert.equal(new ClassList().add("a\n b\t\u00a0c").name, "a b c");
});

test("half a character becomes the mark for that", () => {
  const entry = new ClassList().add("a\ud83d", "\ude00b");
  assert.equal(entry.name, "a\ufffd");
  assert.equal(entry.words, "\ufffdb");
});

test("a name must be text of 1 to 200 characters that no other class has", () => {
  const list = listOf("sky", "a".repeat(200), "😀".repeat(200));
  assert.throws(() => list.add("SKY"), /“SKY” is on the list already/);
  assert.throws(() => list.add(" \n "), /no name; type one/);
  assert.throws(() => list.add("b".repeat(201)), /“b{40}…” has 201 characters; shorten it to 200/);
  assert.throws(() => list.add("😀".repeat(201)), /has 201 characters/);
  assert.throws(() => list.add(5), /its name is of the type number; it must be text/);
  assert.equal(list.size, 3);
});

test("words must be text, and a color #rrggbb", () => {
  const list = new ClassList();
  assert.throws(() => list.add("a", 3), /its words are of the type number/);
  for (const color of ["red", "#fff", "#12345g", "#1234567", "#123456\n", "", 0]) {
    assert.throws(() => list.add("a", "", color), /The color is .*; write it as #rrggbb/s);
  }
  assert.equal(list.size, 0);
});

// --- Edits ---------------------------------------------------------------------------------------

test("an edit changes one thing and leaves the class in its place", () => {
  const list = listOf("sky", "sea");
  list.rename(1, "SKY");
  list.setWords(1, "a blue sky");
  list.recolor(1, "#0000FF");
  list.setHidden(1, true);
  const expected = { index: 1, name: "SKY", words: "a blue sky", color: "#0000ff", hidden: true };
  assert.deepEqual(list.get(1), expected);
  assert.deepEqual(namesOf(list), ["SKY", "sea"]);
});

test("an edit that is refused changes nothing", () => {
  const list = listOf("sky", "sea");
  const before = list.toJSON();
  assert.throws(() => list.rename(1, " Sea"), /“Sea” is on the list already/);
  assert.throws(() => list.rename(1, ""), /no name/);
  assert.throws(() => list.setWords(1, null), /its words are missing/);
  assert.throws(() => list.recolor(1, "blue"), /“blue”/);
  assert.throws(() => list.setHidden(1, "yes"), /hidden is “yes”/);
  assert.deepEqual(list.toJSON(), before);
});

test("a class that is not there cannot be edited", () => {
  const list = listOf("sky", "sea");
  assert.throws(() => list.rename(99, "z"), /has no class 99; it has 1, 2\./);
  assert.throws(() => list.remove(0), /has no class 0/);
  assert.throws(() => new ClassList().setHidden(1, true), /has no class 1; it has –\./);
});

// --- From a file ---------------------------------------------------------------------------------

test("a list is read as it was written", () => {
  const list = listOf("sky", "sea", "tree");
  list.remove(1);
  list.setWords(3, "an oak");
  list.setHidden(2, true);
  list.add("sand");
  const again = ClassList.fromJSON(JSON.parse(JSON.stringify(list)));
  assert.deepEqual(again.toJSON(), list.toJSON());
  assert.deepEqual(namesOf(again), ["sea", "tree", "sand"]);
});

test("what is not known is left out", () => {
  const [entry] = ClassList.fromJSON([{ ...ENTRY, more: 1, constructor: 2 }]).toJSON();
  assert.deepEqual(entry, ENTRY);
});

const ENTRY = { index: 1, name: "a", words: "", color: "#000000", hidden: false };
const SECOND = { ...ENTRY, index: 2, name: "b" };

for (const [what, json, message] of [
  ["nothing", null, /The class list is missing; it must be a list/],
  ["an object", {}, /The class list is of the type object/],
  ["a text", "[]", /The class list is of the type string/],
  ["256 classes", Array(256).fill(ENTRY), /has 256 classes; .* at most 255/],
  ["no class", [null], /Entry 1 of the list: it is missing; it must have index, name/],
  ["a list for a class", [ENTRY, []], /Entry 2 of the list: it is a list/],
  ["index 0", [{ ...ENTRY, index: 0 }], /its index is 0; it must be a whole number of 1 to 255/],
  ["index 256", [{ ...ENTRY, index: 256 }], /its index is 256/],
  ["half an index", [{ ...ENTRY, index: 1.5 }], /its index is 1\.5/],
  ["an index as text", [{ ...ENTRY, index: "1" }], /its index is “1”/],
  ["an index twice", [ENTRY, { ...SECOND, index: 1 }], /its index 1 is taken by “a”/],
  ["a name twice", [ENTRY, { ...SECOND, name: "A" }], /Entry 2 .*“A” is on the list/],
  ["an empty name", [{ ...ENTRY, name: " " }], /no name/],
  ["a number for a name", [{ ...ENTRY, name: 7 }], /its name is of the type number/],
  ["no words", [{ ...ENTRY, words: undefined }], /its words are missing/],
  ["a script for a color", [{ ...ENTRY, color: "url(x)" }], /“url\(x\)”; write it as #rrggbb/],
  ["an object for a color", [{ ...ENTRY, color: {} }], /The color is of the type object/],
  ["1 for hidden", [{ ...ENTRY, hidden: 1 }], /hidden is 1; it must be true or false/],
]) {
  test(`a list with ${what} is refused`, () => {
    assert.throws(() => ClassList.fromJSON(json), message);
  });
}

// --- Order ---------------------------------------------------------------------------------------

test("a class goes elsewhere in the order and keeps its number", () => {
  const list = new ClassList();
  for (const name of ["sky", "sea", "boat"]) list.add(name);
  const order = () => list.entries.map(({ index, name }) => `${index} ${name}`);
  list.move(3, 0);
  assert.deepEqual(order(), ["3 boat", "1 sky", "2 sea"]);
  list.move(3, 1);
  assert.deepEqual(order(), ["1 sky", "3 boat", "2 sea"]);
  list.move(1, 99);
  assert.deepEqual(order(), ["3 boat", "2 sea", "1 sky"]);
  list.move(1, -1);
  assert.deepEqual(order(), ["1 sky", "3 boat", "2 sea"]);
  assert.throws(() => list.move(9, 0), /9/);
  assert.deepEqual(ClassList.fromJSON(list.toJSON()).entries, list.entries);
});
