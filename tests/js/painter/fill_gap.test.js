import assert from "node:assert/strict";
import { test } from "node:test";

import { fillGap } from "../../../js/painter/fill_gap.js";
import { LabelMap } from "../../../js/painter/label_map.js";
import { connectedRegion, wholeClass } from "../../../js/painter/region.js";
import { Random, mapOf, rowsOf, scene } from "../helpers.js";

/** Fills the gap of the region at a pixel of a map; the rows after that. */
function filled(map, x, y) {
  fillGap(map, connectedRegion(map, { x, y }));
  return rowsOf(map);
}

test("a gap takes the class around it", () => {
  const map = mapOf("11111", "12221", "11211", "11111");
  assert.deepEqual(filled(map, 2, 1), ["11111", "11111", "11111", "11111"]);
});

test("between two classes each pixel takes the nearer one", () => {
  const map = mapOf("1122233", "1122233");
  assert.deepEqual(filled(map, 3, 0)[0].replace(/^(...).(...)$/, "$1$2"), "111333");
});

test("where both are as near, the one with more border wins", () => {
  const map = mapOf("11111", "32223", "33333");
  assert.deepEqual(filled(map, 2, 1), ["11111", "33333", "33333"]);
});

test("what hardly touches a region does not spread into its place", () => {
  const rows = ["3".repeat(60), "1".repeat(60), "1".repeat(60), "1".repeat(60)];
  rows[0] = "1".repeat(30) + "33" + "1".repeat(28);
  rows[1] = rows[2] = "1" + "2".repeat(58) + "1";
  const expected = [rows[0], "1".repeat(60), "1".repeat(60), rows[3]];
  const map = mapOf(...rows);
  fillGap(map, connectedRegion(map, { x: 5, y: 1 }), 1 / 50);
  assert.deepEqual(rowsOf(map), expected);
});

test("a gap at the edge of the picture is filled from inside", () => {
  assert.deepEqual(filled(mapOf("2210", "2210"), 0, 0), ["1110", "1110"]);
});

test("void around a gap makes it void", () => {
  assert.deepEqual(filled(mapOf("0000", "0220", "0000"), 1, 1), ["0000", "0000", "0000"]);
});

test("what a region encloses stays as it is, and does not spread", () => {
  const map = mapOf("1111111", "1222221", "1225221", "1222221", "1111111");
  assert.deepEqual(filled(map, 1, 1), ["1111111", "1111111", "1115111", "1111111", "1111111"]);
});

test("what lies between a region and the edge of the picture does not spread either", () => {
  const map = mapOf("11111", "22222", "22522", "22522");
  assert.deepEqual(filled(map, 0, 1), ["11111", "11111", "11511", "11511"]);
});

test("a frame around everything is filled from inside, as there is nothing else", () => {
  assert.deepEqual(filled(mapOf("222", "212", "222"), 0, 0), ["111", "111", "111"]);
});

test("a region that is the whole picture leaves void", () => {
  assert.deepEqual(filled(mapOf("22", "22"), 0, 0), ["00", "00"]);
});

test("the place of a whole class is filled piece by piece", () => {
  const map = mapOf("1111133333", "1211133233", "1111133333");
  fillGap(map, wholeClass(map, 2));
  assert.deepEqual(rowsOf(map), ["1111133333", "1111133333", "1111133333"]);
});

test("any pixel of a gap gets a class that is nearest, and nothing else changes", () => {
  const random = new Random(32);
  for (let round = 0; round < 40; round++) {
    const map = scene(random, 8 + random.below(24), 8 + random.below(24), 3);
    const before = map.clone();
    const index = 1 + random.below(3);
    const region = wholeClass(map, index);
    if (!region) continue;
    const share = random.of([0, 1 / 50, 1 / 4]);
    fillGap(map, region, share);
    // What is enclosed by the region alone may be nearer than what is taken.
    const outside = around(before, index);
    const all = outside.length ? outside : [...before.data.keys()].filter((i) => before.data[i] !== index);
    const sources = touching(before, all, index, share);
    before.data.forEach((old, i) => {
      if (old !== index) assert.equal(map.data[i], old);
      else assertNearest(before, sources, i, map.data[i]);
    });
  }
});

/** The pixels of other classes that hang together with the ring around the region. */
function around({ width, height, data }, index) {
  const own = [...data.keys()].filter((i) => data[i] === index);
  const [xs, ys] = [own.map((i) => i % width), own.map((i) => Math.floor(i / width))];
  const [left, right] = [Math.min(...xs) - 1, Math.max(...xs) + 1];
  const [top, bottom] = [Math.min(...ys) - 1, Math.max(...ys) + 1];
  const inArea = (x, y) => x >= left && x <= right && y >= top && y <= bottom;
  const found = new Set();
  const todo = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const onRing = x === left || x === right || y === top || y === bottom;
      if (onRing && inArea(x, y)) todo.push([x, y]);
    }
  }
  while (todo.length) {
    const [x, y] = todo.pop();
    const i = y * width + x;
    if (x < 0 || y < 0 || x >= width || y >= height || !inArea(x, y)) continue;
    if (data[i] === index || found.has(i)) continue;
    found.add(i);
    todo.push([x + 1, y], [x - 1, y], [x, y + 1], [x, y - 1]);
  }
  return [...found];
}

/** Those of the classes that have this share of the border or more. */
function touching({ width, height, data }, sources, index, least) {
  const border = sources.filter((i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const next = [
      [x > 0, i - 1],
      [x < width - 1, i + 1],
      [y > 0, i - width],
      [y < height - 1, i + width],
    ];
    return next.some(([inside, j]) => inside && data[j] === index);
  });
  const count = (value) => border.filter((i) => data[i] === value).length;
  const most = Math.max(0, ...border.map((i) => count(data[i])));
  return sources.filter((i) => count(data[i]) >= Math.min(least * border.length, most));
}

function assertNearest({ width, data }, sources, i, value) {
  const distance = (j) =>
    ((i % width) - (j % width)) ** 2 + (Math.floor(i / width) - Math.floor(j / width)) ** 2;
  const least = Math.min(...sources.map(distance));
  const nearest = new Set(sources.filter((j) => distance(j) === least).map((j) => data[j]));
  if (sources.length === 0) nearest.add(0);
  assert.ok(nearest.has(value), `${i} is ${value}, not of ${[...nearest]}`);
}

test("a gap of a large drawing is filled in seconds", () => {
  const side = 2048;
  const map = new LabelMap(side, side);
  map.data.fill(2);
  for (let i = 0; i < side; i++) map.set(i, 0, 1 + 2 * (i % 2));
  const region = wholeClass(map, 2);
  const start = performance.now();
  fillGap(map, region);
  assert.ok(performance.now() - start < 10_000, `${performance.now() - start} ms`);
  assert.equal(map.counts()[2], 0);
});
