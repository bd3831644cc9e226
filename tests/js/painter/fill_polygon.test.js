import assert from "node:assert/strict";
import { test } from "node:test";

import { fillPolygon } from "../../../js/painter/fill_polygon.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { Rect } from "../../../js/painter/rect.js";
import { Random, assertChangedWithin, rowsOf } from "../helpers.js";

/** Even-odd, with centers on an edge belonging to what is right of or below it. */
function isInside(x, y, points) {
  let inside = false;
  points.forEach((point, i) => {
    const next = points[(i + 1) % points.length];
    const [upper, lower] = point.y <= next.y ? [point, next] : [next, point];
    if (!(upper.y <= y && y < lower.y)) return;
    const crossing = upper.x + ((y - upper.y) * (lower.x - upper.x)) / (lower.y - upper.y);
    if (x >= crossing) inside = !inside;
  });
  return inside;
}

/** Often on centers and edges of pixels. */
function somePoint(random) {
  if (random.fraction() >= 0.4) return random.point(-25, 65);
  return { x: random.below(100) / 2 - 5, y: random.below(100) / 2 - 5 };
}

test("the pixels whose centers are inside are filled", () => {
  const map = new LabelMap(6, 5);
  const triangle = [
    { x: 1, y: 1 },
    { x: 5, y: 1 },
    { x: 1, y: 5 },
  ];
  assert.deepEqual(fillPolygon(map, triangle, 2), new Rect(1, 1, 4, 4));
  assert.deepEqual(rowsOf(map), ["000000", "022200", "022000", "020000", "000000"]);
});

test("where a polygon overlaps itself it has a hole", () => {
  const map = new LabelMap(7, 7);
  const square = (low, high) => [
    { x: low, y: low },
    { x: high, y: low },
    { x: high, y: high },
    { x: low, y: high },
    { x: low, y: low },
  ];
  fillPolygon(map, [...square(1, 6), ...square(3, 4)], 1);
  assert.equal(map.get(3, 3), 0);
  assert.equal(map.counts()[1], 24);
});

test("any polygon is filled by the even-odd rule", () => {
  const random = new Random(7);
  for (let round = 0; round < 400; round++) {
    const map = new LabelMap(1 + random.below(40), 1 + random.below(40));
    const before = map.clone();
    const points = Array.from({ length: 3 + random.below(8) }, () => somePoint(random));
    assertChangedWithin(before, map, fillPolygon(map, points, 2));
    const wrong = map.data.filter((value, i) => {
      const [x, y] = [i % map.width, Math.floor(i / map.width)];
      return isInside(x + 0.5, y + 0.5, points) !== (value === 2);
    });
    // One center may lie on an edge but for rounding.
    assert.ok(wrong.length <= 1, `round ${round}: ${wrong.length} pixels`);
  }
});

test("neighbors with a common edge neither overlap nor leave a gap", () => {
  const random = new Random(8);
  const corners = [
    { x: 0, y: 0 },
    { x: 30, y: 0 },
    { x: 30, y: 30 },
    { x: 0, y: 30 },
  ];
  for (let round = 0; round < 100; round++) {
    const middle = random.point(0, 30);
    const times = new LabelMap(30, 30);
    corners.forEach((corner, i) => {
      const points = [middle, corner, corners[(i + 1) % 4]];
      // The same edge in either direction.
      if (random.fraction() < 0.5) points.reverse();
      const part = new LabelMap(30, 30);
      fillPolygon(part, points, 1);
      part.data.forEach((value, at) => (times.data[at] += value));
    });
    assert.equal(times.counts()[1], 900, `round ${round}`);
  }
});

test("fewer than three corners fill nothing", () => {
  const map = new LabelMap(8, 6);
  const corners = [
    { x: 1, y: 1 },
    { x: 5, y: 5 },
  ];
  for (const length of [0, 1, 2]) {
    assert.ok(fillPolygon(map, corners.slice(0, length), 5).isEmpty());
  }
  assert.equal(map.counts()[0], 48);
});

test("corners on one line fill nothing", () => {
  const map = new LabelMap(8, 6);
  const corners = [1, 3, 5].map((at) => ({ x: at, y: at }));
  assert.ok(fillPolygon(map, corners, 5).isEmpty());
});

test("corners very far outside fill what lies between them", () => {
  const map = new LabelMap(9, 9);
  const corners = [
    { x: -1e9, y: -1e9 },
    { x: 1e9, y: -1e9 },
    { x: 0, y: 1e9 },
  ];
  assert.deepEqual(fillPolygon(map, corners, 5), new Rect(0, 0, 9, 9));
  assert.equal(map.counts()[5], 81);
});

test("a corner that is no place fills nothing", () => {
  const map = new LabelMap(9, 9);
  for (const bad of [NaN, Infinity]) {
    const corners = [
      { x: 0, y: 0 },
      { x: bad, y: 0 },
      { x: 0, y: 9 },
    ];
    assert.ok(fillPolygon(map, corners, 5).isEmpty());
  }
  assert.equal(map.counts()[0], 81);
});

test("an index that no byte holds is refused", () => {
  assert.throws(() => fillPolygon(new LabelMap(3, 3), [], 256), /index: 256; /);
});

test("a lasso of thousands of corners on the largest map is filled", () => {
  const map = new LabelMap(4096, 4096);
  const circle = Array.from({ length: 5000 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 5000;
    return { x: 2048 + 2000 * Math.cos(angle), y: 2048 + 2000 * Math.sin(angle) };
  });
  assert.deepEqual(fillPolygon(map, circle, 3), new Rect(48, 48, 4048, 4048));
  const area = map.counts()[3] / (Math.PI * 2000 ** 2);
  assert.ok(Math.abs(area - 1) < 1e-5, `${area} of the circle`);
});
