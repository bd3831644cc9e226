import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ClassList } from "../../../js/painter/class_list.js";
import { Painting } from "../../../js/painter/painting.js";
import { Rect } from "../../../js/painter/rect.js";
import { assertSameMap, mapOf, rowsOf } from "../helpers.js";

/** @type {Painting} */
let painting;
/** @type {string[]} the events since the drawing was loaded */
let events;

beforeEach(() => {
  painting = new Painting();
  painting.load({ map: mapOf("011", "220"), classes: classesOf("sky", "sea") });
  events = [];
  for (const type of ["pixels", "size", "classes", "settled", "edited"]) {
    painting.addEventListener(type, () => events.push(type));
  }
});

function classesOf(...names) {
  const classes = new ClassList();
  for (const name of names) classes.add(name);
  return classes;
}

/** The names of the classes. */
const names = () => painting.classes.entries.map(({ name }) => name);

/** Sets a pixel as a tool does. */
function dot(x, y, index) {
  const rect = new Rect(x, y, x + 1, y + 1);
  painting.map.set(x, y, index);
  painting.touched(rect);
  return rect;
}

test("a new painting is a void square without classes, and nothing to undo", () => {
  const fresh = new Painting();
  assert.deepEqual([fresh.map.width, fresh.map.height], [512, 512]);
  assert.equal(fresh.map.counts()[0], 512 * 512);
  assert.equal(fresh.classes.size, 0);
  assert.deepEqual([fresh.canUndo, fresh.canRedo], [false, false]);
});

test("a drawing that is loaded is no edit, and ends what could be undone", () => {
  painting.finish(dot(0, 0, 1));
  painting.undo();
  events = [];
  painting.load({ map: mapOf("12"), classes: classesOf("a", "b") });
  assert.deepEqual(events, ["size", "classes", "settled"]);
  assert.deepEqual([painting.canUndo, painting.canRedo], [false, false]);
  assert.deepEqual(painting.area, new Rect(0, 0, 2, 1));
  painting.load(null);
  assert.deepEqual([painting.map.width, painting.classes.size], [512, 0]);
});

test("what a tool does is shown at once, and an edit when it is finished", () => {
  const rect = dot(0, 0, 1);
  assert.deepEqual(events, ["pixels"]);
  assert.equal(painting.finish(rect), true);
  assert.deepEqual(events, ["pixels", "settled", "edited"]);
  assert.equal(painting.canUndo, true);
});

test("a tool that changed nothing made no edit", () => {
  painting.touched(Rect.EMPTY);
  assert.equal(painting.finish(Rect.EMPTY), false);
  assert.equal(painting.finish(painting.area), false);
  assert.deepEqual(events, []);
  assert.equal(painting.canUndo, false);
});

test("undo and redo are edits, and show what changed", () => {
  painting.finish(dot(0, 0, 1));
  for (const [step, value] of [
    ["undo", 0],
    ["redo", 1],
  ]) {
    events = [];
    painting[step]();
    assert.deepEqual(events, ["pixels", "settled", "edited"]);
    assert.equal(painting.map.get(0, 0), value);
  }
});

test("undo and redo without a step do nothing", () => {
  painting.undo();
  painting.redo();
  assert.deepEqual(events, []);
});

test("what is discarded is taken back", () => {
  const before = painting.map.clone();
  painting.discard(dot(0, 0, 1).union(dot(2, 1, 1)));
  assertSameMap(painting.map, before);
  assert.equal(painting.canUndo, false);
  painting.discard(Rect.EMPTY);
  assert.equal(painting.canUndo, false);
});

test("what is discarded leaves undo and redo as they were", () => {
  painting.finish(dot(0, 0, 1));
  painting.undo();
  const before = painting.map.clone();
  const stroke = dot(2, 1, 1);
  events = [];
  painting.discard(stroke);
  assertSameMap(painting.map, before);
  assert.deepEqual(events, ["pixels", "settled"]);
  painting.redo();
  assert.equal(painting.map.get(0, 0), 1);
  assert.equal(painting.map.get(2, 1), before.get(2, 1));
});

test("clearing makes void of all pixels and keeps the classes", () => {
  painting.clear();
  assert.deepEqual(rowsOf(painting.map), ["000", "000"]);
  assert.deepEqual(names(), ["sky", "sea"]);
  assert.deepEqual(events, ["pixels", "settled", "edited"]);
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), ["011", "220"]);
});

test("an edit of the class list can be undone and redone", () => {
  const entry = painting.editClasses((classes) => classes.add("tree", "an oak", "#04c803"));
  assert.equal(entry.index, 3);
  assert.deepEqual(events, ["classes", "settled", "edited"]);
  painting.undo();
  assert.deepEqual(names(), ["sky", "sea"]);
  events = [];
  painting.redo();
  assert.deepEqual(painting.classes.get(3), entry);
  assert.deepEqual(events, ["classes", "settled", "edited"]);
});

test("an edit of the class list that changes nothing, or is refused, is no step", () => {
  painting.editClasses((classes) => classes.rename(1, "sky"));
  assert.throws(() => painting.editClasses((classes) => classes.rename(1, "sea")), /already/);
  assert.deepEqual(events, []);
  assert.equal(painting.canUndo, false);
  assert.deepEqual(names(), ["sky", "sea"]);
});

test("a class is removed with its pixels as one step", () => {
  painting.removeClass(2);
  assert.deepEqual(rowsOf(painting.map), ["011", "000"]);
  assert.deepEqual(names(), ["sky"]);
  assert.deepEqual(events, ["pixels", "classes", "settled", "edited"]);
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), ["011", "220"]);
  assert.deepEqual(names(), ["sky", "sea"]);
  painting.redo();
  assert.deepEqual(rowsOf(painting.map), ["011", "000"]);
  assert.deepEqual(names(), ["sky"]);
  assert.equal(painting.canRedo, false);
});

test("removing a class that is not there changes nothing", () => {
  assert.throws(() => painting.removeClass(9), /no class 9/);
  assert.deepEqual(events, []);
  assert.deepEqual(rowsOf(painting.map), ["011", "220"]);
});

test("another size is one step", () => {
  painting.resize(6, 2);
  assert.deepEqual(rowsOf(painting.map), ["001111", "222200"]);
  assert.deepEqual(events, ["size", "settled", "edited"]);
  events = [];
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), ["011", "220"]);
  assert.deepEqual(events, ["size", "settled", "edited"]);
  painting.redo();
  assert.deepEqual(rowsOf(painting.map), ["001111", "222200"]);
});

test("the same size is no step, and one that cannot be is refused", () => {
  painting.resize(3, 2);
  for (const side of [0, 4097, 2.5, NaN]) {
    assert.throws(() => painting.resize(side, 2), /1 to 4096 whole pixels/);
  }
  assert.deepEqual(events, []);
  assert.deepEqual(rowsOf(painting.map), ["011", "220"]);
});

test("a drawing that replaces another is one step, with its classes", () => {
  painting.replace({ map: mapOf("1", "1", "0"), classes: classesOf("wall") });
  assert.deepEqual(rowsOf(painting.map), ["1", "1", "0"]);
  assert.deepEqual(names(), ["wall"]);
  assert.deepEqual(events, ["size", "classes", "settled", "edited"]);
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), ["011", "220"]);
  assert.deepEqual(names(), ["sky", "sea"]);
  painting.redo();
  assert.deepEqual(rowsOf(painting.map), ["1", "1", "0"]);
  assert.deepEqual(names(), ["wall"]);
});

test("a drawing of the same size that replaces another can be undone", () => {
  painting.replace({ map: mapOf("111", "111"), classes: classesOf("sky", "sea") });
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), ["011", "220"]);
  assert.equal(painting.canUndo, false);
});

test("edits of all kinds are undone in turn", () => {
  const before = JSON.stringify([rowsOf(painting.map), painting.classes]);
  painting.finish(dot(0, 0, 2));
  painting.resize(5, 5);
  painting.editClasses((classes) => classes.add("tree"));
  painting.finish(dot(4, 4, 3));
  painting.removeClass(1);
  painting.clear();
  const after = JSON.stringify([rowsOf(painting.map), painting.classes]);
  for (let i = 0; i < 6; i++) painting.undo();
  assert.equal(JSON.stringify([rowsOf(painting.map), painting.classes]), before);
  assert.equal(painting.canUndo, false);
  for (let i = 0; i < 6; i++) painting.redo();
  assert.equal(JSON.stringify([rowsOf(painting.map), painting.classes]), after);
  assert.equal(painting.canRedo, false);
});

test("undo brings the numbers of an old drawing back", () => {
  const old = ClassList.fromJSON(classesOf("sky", "sea").toJSON(), 1);
  painting.load({ map: mapOf("011", "220"), classes: old });
  painting.editClasses((classes) => classes.add("tree"));
  painting.replace({ map: mapOf("1"), classes: classesOf("sky") });
  const number = () => painting.classes.number(1);
  assert.equal(number(), 1);
  painting.undo();
  assert.deepEqual([number(), painting.classes.version], [0, 1]);
  painting.undo();
  assert.equal(number(), 0);
  painting.redo();
  painting.redo();
  assert.equal(number(), 1);
});

test("hiding a class is no edit, and undo leaves it", () => {
  const painting = new Painting();
  const sky = painting.editClasses((classes) => classes.add("sky")).index;
  painting.editClasses((classes) => classes.rename(sky, "heaven"));
  let edits = 0;
  painting.addEventListener("edited", () => edits++);
  painting.setHidden(sky, true);
  assert.equal(edits, 0);
  painting.undo();
  assert.deepEqual(
    painting.classes.entries.map(({ name, hidden }) => [name, hidden]),
    [["sky", true]],
  );
  painting.setHidden(sky, false);
  painting.redo();
  assert.equal(painting.classes.get(sky).hidden, false);
});

test("another order of the classes is one step of undo", () => {
  const painting = new Painting();
  for (const name of ["sky", "sea"]) painting.editClasses((classes) => classes.add(name));
  painting.editClasses((classes) => classes.move(2, 0));
  const order = () => painting.classes.entries.map(({ name }) => name);
  assert.deepEqual(order(), ["sea", "sky"]);
  painting.undo();
  assert.deepEqual(order(), ["sky", "sea"]);
});
