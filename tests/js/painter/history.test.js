import assert from "node:assert/strict";
import { test } from "node:test";

import { fillArea } from "../../../js/painter/fill_area.js";
import { fillPolygon } from "../../../js/painter/fill_polygon.js";
import { fillRectangle } from "../../../js/painter/fill_rectangle.js";
import { History } from "../../../js/painter/history.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { Rect } from "../../../js/painter/rect.js";
import { strokeSegment } from "../../../js/painter/stroke.js";
import { Random, assertChangedWithin, assertSameMap, mapOf, rowsOf } from "../helpers.js";

const ALL = new Rect(0, 0, 4096, 4096);

/** Sets one pixel as a step. */
function dot(history, map, x, index = 1) {
  map.set(x, 0, index);
  return history.commit(map, new Rect(x, 0, x + 1, 1));
}

test("a step is undone and redone in place", () => {
  const map = mapOf("111", "111");
  const history = new History(map);
  const rect = fillRectangle(map, { x: 1, y: 0 }, { x: 2, y: 0 }, 7);
  assert.equal(history.commit(map, rect), true);

  const undone = history.undo(map);
  assert.equal(undone.map, map);
  assert.deepEqual(undone.rect, rect);
  assert.deepEqual(rowsOf(map), ["111", "111"]);

  const redone = history.redo(map);
  assert.equal(redone.map, map);
  assert.deepEqual(redone.rect, rect);
  assert.deepEqual(rowsOf(map), ["177", "111"]);
});

test("without a step there is nothing to undo or redo", () => {
  const map = new LabelMap(2, 2);
  const history = new History(map);
  assert.deepEqual([history.canUndo, history.canRedo, history.bytes], [false, false, 0]);
  assert.equal(history.undo(map), null);
  assert.equal(history.redo(map), null);
});

test("what changed nothing is no step", () => {
  const map = mapOf("11");
  const history = new History(map);
  assert.equal(history.commit(map, ALL), false);
  assert.equal(history.commit(map, Rect.EMPTY), false);
  assert.equal(history.canUndo, false);
});

test("the rectangle of a step may reach beyond the map", () => {
  const map = new LabelMap(2, 2);
  const history = new History(map);
  map.set(1, 1, 3);
  assert.equal(history.commit(map, new Rect(-10, -10, 10, 10)), true);
  assert.deepEqual(history.undo(map).rect, new Rect(0, 0, 2, 2));
  assert.equal(map.get(1, 1), 0);
});

test("a new step takes the place of what could be redone", () => {
  const map = new LabelMap(4, 1);
  const history = new History(map);
  dot(history, map, 0);
  dot(history, map, 1);
  history.undo(map);
  assert.equal(history.canRedo, true);
  dot(history, map, 2);
  assert.equal(history.canRedo, false);
  assert.equal(history.redo(map), null);
  assert.deepEqual(rowsOf(map), ["1010"]);
});

test("what changed nothing leaves what can be redone", () => {
  const map = new LabelMap(4, 1);
  const history = new History(map);
  dot(history, map, 0);
  history.undo(map);
  history.commit(map, ALL);
  assert.equal(history.canRedo, true);
});

test("a change of size comes back as another map", () => {
  const map = mapOf("12", "34");
  const history = new History(map);
  const larger = map.resized(4, 2);
  assert.equal(history.commit(larger, Rect.EMPTY), true);

  const undone = history.undo(larger);
  assert.notEqual(undone.map, larger);
  assert.deepEqual(rowsOf(undone.map), ["12", "34"]);
  assert.deepEqual(undone.rect, new Rect(0, 0, 2, 2));
  assert.deepEqual(rowsOf(history.redo(undone.map).map), ["1122", "3344"]);
});

test("width and height may be swapped", () => {
  const map = mapOf("123", "456");
  const history = new History(map);
  history.commit(mapOf("14", "25", "36"), Rect.EMPTY);
  assert.deepEqual(rowsOf(history.undo(mapOf("14", "25", "36")).map), ["123", "456"]);
});

test("a map that was restored is not changed by later steps", () => {
  const map = mapOf("12");
  const history = new History(map);
  history.commit(mapOf("1", "2"), Rect.EMPTY);
  const restored = history.undo(mapOf("1", "2")).map;
  restored.set(0, 0, 9);
  assert.equal(history.commit(restored, ALL), true);
  history.undo(restored);
  assert.deepEqual(rowsOf(restored), ["12"]);
});

test("the class lists of a step come back with it", () => {
  const map = new LabelMap(2, 1);
  const history = new History(map);
  assert.equal(history.commit(map, Rect.EMPTY, { before: ["a"], after: ["b"] }), true);
  dot(history, map, 0);
  assert.equal(history.undo(map).lists, undefined);
  const undone = history.undo(map);
  assert.deepEqual(undone.lists, ["a"]);
  assert.ok(undone.rect.isEmpty());
  assert.deepEqual(history.redo(map).lists, ["b"]);
});

test("one step may have pixels and class lists", () => {
  const map = mapOf("22");
  const history = new History(map);
  map.data.fill(0);
  history.commit(map, ALL, { before: [2], after: [] });
  const { lists, rect } = history.undo(map);
  assert.deepEqual(lists, [2]);
  assert.deepEqual(rect, new Rect(0, 0, 2, 1));
  assert.deepEqual(rowsOf(map), ["22"]);
});

test("the oldest steps go first when all take more than the limit", () => {
  const map = new LabelMap(100, 100);
  const history = new History(map, 3000);
  for (let x = 0; x < 50; x++) {
    dot(history, map, x);
    assert.ok(history.bytes <= 3000);
  }
  let steps = 0;
  while (history.undo(map)) steps++;
  assert.ok(steps > 5 && steps < 20, `${steps} steps`);
  assert.equal(map.get(49, 0), 0);
  assert.equal(map.get(50 - steps, 0), 0);
  assert.equal(map.get(49 - steps, 0), 1);
  assert.equal(map.get(0, 0), 1);
});

test("the last step stays, however large it is", () => {
  const map = new LabelMap(100, 100);
  const history = new History(map, 1);
  dot(history, map, 0);
  dot(history, map, 1);
  assert.ok(history.undo(map));
  assert.equal(history.undo(map), null);
  assert.equal(map.get(0, 0), 1);
});

test("class lists count toward the limit", () => {
  const map = new LabelMap(1, 1);
  const history = new History(map, 20_000);
  for (let i = 0; i < 20; i++) {
    history.commit(map, Rect.EMPTY, { before: "a".repeat(1000), after: "b".repeat(1000) });
  }
  assert.ok(history.bytes > 10_000 && history.bytes <= 20_000);
});

test("any steps can be undone and redone in any order", () => {
  const random = new Random(10);
  for (let round = 0; round < 25; round++) {
    let map = new LabelMap(1 + random.below(60), 1 + random.below(60));
    const history = new History(map);
    let list = 0;
    const states = [{ map: map.clone(), list }];
    let at = 0;
    for (let step = 0; step < 150; step++) {
      const before = map.clone();
      if (random.fraction() < 0.5) {
        const done = someChange(random, map);
        map = done.map;
        const lists = random.below(4) === 0 ? { before: list, after: ++list } : undefined;
        const isOther =
          map.width !== before.width ||
          map.height !== before.height ||
          map.data.some((value, i) => value !== before.data[i]);
        assert.equal(history.commit(map, done.rect, lists), isOther || lists !== undefined);
        if (!isOther && !lists) continue;
        states.length = ++at;
        states.push({ map: map.clone(), list });
      } else {
        const back = random.fraction() < 0.6;
        const restored = back ? history.undo(map) : history.redo(map);
        assert.equal(restored === null, at === (back ? 0 : states.length - 1));
        if (!restored) continue;
        at += back ? -1 : 1;
        if (restored.map === map) assertChangedWithin(before, map, restored.rect);
        map = restored.map;
        list = restored.lists ?? list;
        assertSameMap(map, states[at].map, `round ${round}, step ${step}`);
        assert.equal(list, states[at].list);
      }
      assert.equal(history.canUndo, at > 0);
      assert.equal(history.canRedo, at < states.length - 1);
    }
  }
});

/** What a tool would do, or now and then a new size. */
function someChange(random, map) {
  const point = () => random.point(-5, 65);
  const index = random.below(256);
  const change = random.below(6);
  if (change === 0) return { map, rect: fillArea(map, point(), index) };
  if (change === 1) return { map, rect: fillPolygon(map, [point(), point(), point()], index) };
  if (change === 2) return { map, rect: fillRectangle(map, point(), point(), index) };
  if (change === 3 && random.fraction() < 0.5) {
    return { map: map.resized(1 + random.below(60), 1 + random.below(60)), rect: Rect.EMPTY };
  }
  let rect = Rect.EMPTY;
  for (let i = 0; i < 3; i++) {
    rect = rect.union(strokeSegment(map, point(), point(), random.between(1, 10), index));
  }
  return { map, rect };
}

test("a flat fill of the largest map takes next to nothing", () => {
  const map = new LabelMap(4096, 4096);
  const history = new History(map);
  map.data.fill(3);
  history.commit(map, ALL);
  assert.ok(history.bytes < 1000, `${history.bytes} bytes`);
  history.undo(map);
  assert.equal(map.counts()[0], 4096 ** 2);
});

test("even noise on the largest map can be undone and redone", () => {
  const map = new LabelMap(4096, 4096);
  const history = new History(map);
  for (let i = 0; i < map.data.length; i++) map.data[i] = Math.imul(i, 2654435761) >>> 24;
  const noise = map.clone();
  history.commit(map, ALL);
  history.undo(map);
  assert.equal(map.counts()[0], 4096 ** 2);
  history.redo(map);
  assertSameMap(map, noise);
});
