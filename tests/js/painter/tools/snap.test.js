import assert from "node:assert/strict";
import { test } from "node:test";

import { snapAngle, snapSquare } from "../../../../js/painter/tools/snap.js";
import { Random } from "../../helpers.js";

const ORIGIN = { x: 10, y: 20 };

function assertNear(found, expected) {
  assert.ok(Math.hypot(found.x - expected.x, found.y - expected.y) < 1e-9, JSON.stringify(found));
}

for (const [what, to, expected] of [
  ["nearly level", { x: 30, y: 21 }, { x: 30, y: 20 }],
  ["nearly upright", { x: 9, y: -5 }, { x: 10, y: -5 }],
  ["nearly diagonal", { x: 15, y: 26 }, { x: 15.5, y: 25.5 }],
  ["nearly the other diagonal", { x: 4, y: 26 }, { x: 4, y: 26 }],
  ["leftwards", { x: 0, y: 20 }, { x: 0, y: 20 }],
]) {
  test(`a line that is ${what} snaps to it`, () => {
    assertNear(snapAngle(ORIGIN, to), expected);
  });
}

test("a line without length stays so", () => {
  assertNear(snapAngle(ORIGIN, ORIGIN), ORIGIN);
});

test("any line snaps to a multiple of 45°, at the point nearest to its end", () => {
  const random = new Random(28);
  for (let round = 0; round < 200; round++) {
    const to = random.point(-50, 50);
    const snapped = snapAngle(ORIGIN, to);
    const [dx, dy] = [snapped.x - ORIGIN.x, snapped.y - ORIGIN.y];
    const isStraight = [dx, dy, Math.abs(dx) - Math.abs(dy)].some((side) => Math.abs(side) < 1e-9);
    assert.ok(isStraight, `(${dx}, ${dy})`);
    const across = (to.x - snapped.x) * dx + (to.y - snapped.y) * dy;
    assert.ok(Math.abs(across) < 1e-6, `${across}`);
  }
});

test("a square is as large as the longer side, in the direction of the pointer", () => {
  assert.deepEqual(snapSquare(ORIGIN, { x: 15, y: 18 }), { x: 15, y: 15 });
  assert.deepEqual(snapSquare(ORIGIN, { x: 9, y: 13 }), { x: 3, y: 13 });
  assert.deepEqual(snapSquare(ORIGIN, { x: 2, y: 27 }), { x: 2, y: 28 });
  assert.deepEqual(snapSquare(ORIGIN, ORIGIN), ORIGIN);
});

test("a square has as many rows as columns", () => {
  const random = new Random(29);
  for (let round = 0; round < 500; round++) {
    const [from, to] = [random.point(0, 50), random.point(0, 50)];
    const snapped = snapSquare(from, to);
    const pixels = (key) => Math.abs(Math.floor(snapped[key]) - Math.floor(from[key]));
    assert.equal(pixels("x"), pixels("y"));
  }
});
