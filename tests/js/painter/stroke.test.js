import assert from "node:assert/strict";
import { test } from "node:test";

import { LabelMap } from "../../../js/painter/label_map.js";
import { Rect } from "../../../js/painter/rect.js";
import { strokeSegment } from "../../../js/painter/stroke.js";
import { Random, assertChangedWithin, mapOf, rowsOf } from "../helpers.js";

/** The distance of a pixel's center from the segment. */
function distance(x, y, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  const along = square ? ((x + 0.5 - from.x) * dx + (y + 0.5 - from.y) * dy) / square : 0;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x + 0.5 - from.x - t * dx, y + 0.5 - from.y - t * dy);
}

/** Inside and outside of a small map, often at the centers and edges of pixels. */
function somePoint(random) {
  if (random.fraction() < 0.3) return { x: random.below(60) - 4.5, y: random.below(60) - 4.5 };
  return random.point(-15, 65);
}

test("a dot is a disc of pixels", () => {
  const map = new LabelMap(7, 7);
  const rect = strokeSegment(map, { x: 3.5, y: 3.5 }, { x: 3.5, y: 3.5 }, 5, 9);
  assert.deepEqual(rowsOf(map), [
    "0000000",
    "0099900",
    "0999990",
    "0999990",
    "0999990",
    "0099900",
    "0000000",
  ]);
  assert.deepEqual(rect, new Rect(1, 1, 6, 6));
});

test("a dot of one pixel is the pixel under the point", () => {
  const map = new LabelMap(4, 3);
  const rect = strokeSegment(map, { x: 2.99, y: 1.01 }, { x: 2.99, y: 1.01 }, 1, 9);
  assert.deepEqual(rowsOf(map), ["0000", "0090", "0000"]);
  assert.deepEqual(rect, new Rect(2, 1, 3, 2));
});

test("a segment has round ends and straight sides", () => {
  const map = new LabelMap(9, 5);
  strokeSegment(map, { x: 2.5, y: 2.5 }, { x: 6.5, y: 2.5 }, 2.5, 9);
  assert.deepEqual(rowsOf(map), ["000000000", "009999900", "099999990", "009999900", "000000000"]);
});

test("index 0 erases", () => {
  const map = mapOf("999", "999", "999");
  strokeSegment(map, { x: 0, y: 1.5 }, { x: 3, y: 1.5 }, 1, 0);
  assert.deepEqual(rowsOf(map), ["999", "000", "999"]);
});

test("all pixels whose centers are within the radius are painted, and no others", () => {
  const random = new Random(2);
  for (let round = 0; round < 600; round++) {
    const map = new LabelMap(1 + random.below(50), 1 + random.below(50));
    const before = map.clone();
    const from = somePoint(random);
    const to = { ...somePoint(random) };
    // Dots and level lines are special cases.
    if (round % 5 === 0) Object.assign(to, from);
    if (round % 5 === 1) to.y = from.y;
    if (round % 5 === 2) to.x = from.x;
    const diameter = random.of([2, 2.5, 3, 5, 8, 17, 40]);
    assertChangedWithin(before, map, strokeSegment(map, from, to, diameter, 9));
    map.data.forEach((value, i) => {
      const [x, y] = [i % map.width, Math.floor(i / map.width)];
      const beyond = distance(x, y, from, to) - diameter / 2;
      if (Math.abs(beyond) < 1e-9) return;
      const where = `round ${round}, (${x}, ${y}): ${JSON.stringify([from, to, diameter])}`;
      assert.equal(value === 9, beyond < 0, where);
    });
  }
});

test("a segment is the same from both ends, but for centers on its edge", () => {
  const random = new Random(3);
  for (let round = 0; round < 200; round++) {
    const [map, other] = [new LabelMap(50, 50), new LabelMap(50, 50)];
    const [from, to] = [random.point(-10, 60), random.point(-10, 60)];
    strokeSegment(map, from, to, 8, 9);
    strokeSegment(other, to, from, 8, 9);
    const different = map.data.filter((value, i) => value !== other.data[i]).length;
    assert.ok(different <= 2, `round ${round}: ${different} pixels`);
  }
});

for (const diameter of [0.3, 1, 1.2, 1.7]) {
  test(`a thin stroke of ${diameter} is in one piece and has the pixels of both ends`, () => {
    const random = new Random(4);
    for (let round = 0; round < 100; round++) {
      const map = new LabelMap(40, 40);
      const before = map.clone();
      const [from, to] = [random.point(0, 40), random.point(0, 40)];
      assertChangedWithin(before, map, strokeSegment(map, from, to, diameter, 5));
      assert.equal(map.get(Math.floor(from.x), Math.floor(from.y)), 5);
      assert.equal(map.get(Math.floor(to.x), Math.floor(to.y)), 5);
      assert.equal(pieces(map, 5), 1, `round ${round}`);
    }
  });
}

test("a stroke of up to one pixel has one pixel for each step of the longer side", () => {
  const random = new Random(5);
  for (const diameter of [0.3, 1]) {
    for (let round = 0; round < 100; round++) {
      const map = new LabelMap(40, 40);
      const [from, to] = [random.point(0, 40), random.point(0, 40)];
      strokeSegment(map, from, to, diameter, 5);
      const steps = (key) => Math.abs(Math.floor(from[key]) - Math.floor(to[key]));
      assert.equal(map.counts()[5], 1 + Math.max(steps("x"), steps("y")));
    }
  }
});

test("what lies outside of the map changes nothing", () => {
  const map = new LabelMap(20, 10);
  assert.ok(strokeSegment(map, { x: -99, y: 0 }, { x: -50, y: 8 }, 5, 1).isEmpty());
  assert.ok(strokeSegment(map, { x: 0, y: -9 }, { x: 20, y: -9 }, 1, 1).isEmpty());
  assert.equal(map.counts()[0], 200);
});

test("points very far outside still hit the map between them", () => {
  const map = new LabelMap(20, 10);
  const [from, to] = [
    { x: -1e12, y: 5 },
    { x: 1e12, y: 5 },
  ];
  assert.deepEqual(strokeSegment(map, from, to, 1, 1), new Rect(0, 5, 20, 6));
  strokeSegment(map, { x: -1e9, y: -1e9 }, { x: 1e9, y: 1e9 }, 3, 2);
  for (let i = 0; i < 10; i++) assert.equal(map.get(i, i), 2);
});

test("a point that is no place paints nothing", () => {
  const map = new LabelMap(3, 3);
  const good = { x: 1, y: 1 };
  for (const bad of [
    { x: NaN, y: 0 },
    { x: 0, y: Infinity },
    { x: -Infinity, y: NaN },
  ]) {
    assert.ok(strokeSegment(map, bad, good, 3, 1).isEmpty());
    assert.ok(strokeSegment(map, good, bad, 3, 1).isEmpty());
  }
  assert.equal(map.counts()[0], 9);
});

test("a brush without width and an index that no byte holds are refused", () => {
  const map = new LabelMap(3, 3);
  const paint = (diameter, index) =>
    strokeSegment(map, { x: 0, y: 0 }, { x: 1, y: 1 }, diameter, index);
  for (const diameter of [0, -1, NaN, Infinity]) {
    assert.throws(() => paint(diameter, 1), /diameter: .*wider than 0/);
  }
  for (const index of [256, -1, 1.5, NaN]) {
    assert.throws(() => paint(3, index), new RegExp(`index: ${index}; .*1 to 255`));
  }
  assert.equal(map.counts()[0], 9);
});

/** How many areas a class has, whose pixels touch at their sides or corners. */
function pieces(map, index) {
  const left = new Set();
  map.data.forEach((value, i) => value === index && left.add(i));
  let count = 0;
  for (const start of left) {
    count++;
    left.delete(start);
    for (const todo = [start]; todo.length;) {
      const i = todo.pop();
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const x = (i % map.width) + dx;
          const next = i + dy * map.width + dx;
          if (x >= 0 && x < map.width && left.delete(next)) todo.push(next);
        }
      }
    }
  }
  return count;
}
