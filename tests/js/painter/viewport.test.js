import assert from "node:assert/strict";
import { test } from "node:test";

import { Viewport } from "../../../js/painter/viewport.js";
import { Random } from "../helpers.js";

/** Where a point of the drawing lies in the box. */
const toBox = ({ x, y, zoom }, point) => ({ x: point.x * zoom + x, y: point.y * zoom + y });

function assertNear(found, expected) {
  assert.ok(Math.hypot(found.x - expected.x, found.y - expected.y) < 1e-6, JSON.stringify(found));
}

test("fitting shows all of the drawing in the middle of the box", () => {
  const viewport = new Viewport();
  for (const [boxWidth, boxHeight, width, height] of [
    [400, 300, 512, 512],
    [300, 400, 4096, 16],
    [800, 600, 16, 4096],
    [640, 480, 100, 50],
  ]) {
    viewport.fit(boxWidth, boxHeight, width, height);
    assert.ok(viewport.fitted);
    const [first, last] = [
      toBox(viewport, { x: 0, y: 0 }),
      toBox(viewport, { x: width, y: height }),
    ];
    assert.ok(first.x >= 0 && first.y >= 0 && last.x <= boxWidth && last.y <= boxHeight);
    assertNear({ x: first.x + last.x, y: first.y + last.y }, { x: boxWidth, y: boxHeight });
  }
});

test("a box without room does not break the view", () => {
  const viewport = new Viewport();
  viewport.fit(0, 0, 512, 512);
  assert.equal(viewport.zoom, Viewport.MIN_ZOOM);
  assert.ok(Number.isFinite(viewport.x) && Number.isFinite(viewport.y));
  viewport.fit(800, 600, 1, 1);
  assert.equal(viewport.zoom, Viewport.MAX_ZOOM);
});

test("zooming keeps the pixel under the pointer", () => {
  const viewport = new Viewport();
  viewport.fit(400, 300, 512, 512);
  const random = new Random(27);
  for (let round = 0; round < 50; round++) {
    const point = random.point(0, 400);
    const pixel = viewport.toMap(point);
    viewport.zoomAt(point, random.between(0.5, 2));
    assertNear(viewport.toMap(point), pixel);
    assertNear(toBox(viewport, pixel), point);
  }
});

test("the zoom has limits, at which the view stays", () => {
  const viewport = new Viewport();
  viewport.zoomAt({ x: 10, y: 20 }, 1e9);
  assert.equal(viewport.zoom, Viewport.MAX_ZOOM);
  const { x, y } = viewport;
  viewport.zoomAt({ x: 10, y: 20 }, 2);
  assertNear(viewport, { x, y });
  viewport.zoomAt({ x: 10, y: 20 }, 1e-9);
  assert.equal(viewport.zoom, Viewport.MIN_ZOOM);
});

test("panning moves the view by pixels of the page", () => {
  const viewport = new Viewport();
  viewport.zoomAt({ x: 0, y: 0 }, 4);
  viewport.pan(8, -4);
  assertNear(viewport.toMap({ x: 8, y: -4 }), { x: 0, y: 0 });
  assertNear(viewport.toMap({ x: 0, y: 0 }), { x: -2, y: 1 });
});

test("the view follows its box until it is zoomed or panned", () => {
  const viewport = new Viewport();
  assert.ok(viewport.fitted);
  viewport.pan(1, 0);
  assert.ok(!viewport.fitted);
  viewport.fit(100, 100, 10, 10);
  assert.ok(viewport.fitted);
  viewport.zoomAt({ x: 0, y: 0 }, 2);
  assert.ok(!viewport.fitted);
});
