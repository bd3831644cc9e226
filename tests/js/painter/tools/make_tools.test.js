import assert from "node:assert/strict";
import { test } from "node:test";

import { Painting } from "../../../../js/painter/painting.js";
import { Settings } from "../../../../js/painter/settings.js";
import { TEXTS } from "../../../../js/painter/texts.js";
import { makeTools } from "../../../../js/painter/tools/make_tools.js";
import { ClassList } from "../../../../js/painter/class_list.js";
import { mapOf, rowsOf } from "../../helpers.js";

/** An overlay that remembers what it shows. */
class FakeOverlay {
  outline = null;
  line = null;

  showOutline(points) {
    this.outline = points.map(({ x, y }) => [x, y]);
  }

  showLine(from, to, width, color) {
    this.line = { from: [from.x, from.y], to: [to.x, to.y], width, color };
  }

  clearShapes() {
    this.outline = null;
    this.line = null;
  }
}

/** A painting of 6×4 with the classes 1 and 2, and its tools with a brush of one pixel. */
function studio() {
  const painting = new Painting();
  const classes = new ClassList();
  classes.add("sky", "", "#06e6e6");
  classes.add("sea");
  painting.load({ map: mapOf("000000", "000000", "000000", "000000"), classes });
  const settings = new Settings();
  settings.set({ size: 1, index: 1 });
  const overlay = new FakeOverlay();
  const said = [];
  const say = (text) => said.push(text);
  const bench = { painting, settings, overlay, zoom: () => 4, say, setCursor: () => {} };
  return { painting, settings, overlay, said, tools: makeTools(bench) };
}

const spot = (x, y, more = {}) => ({
  x: x + 0.5,
  y: y + 0.5,
  pressure: 0.5,
  isPen: false,
  erases: false,
  shift: false,
  ...more,
});

const EMPTY = ["000000", "000000", "000000", "000000"];

// --- All -----------------------------------------------------------------------------------------

for (const name of ["brush", "fill", "polygon", "rectangle", "line"]) {
  test(`without a class the ${name} says what to do, and paints nothing`, () => {
    const { painting, settings, said, tools } = studio();
    settings.set({ index: 9 });
    tools[name].press(spot(1, 1));
    tools[name].drag([spot(3, 2)]);
    tools[name].release();
    assert.deepEqual(said, [TEXTS.chooseClass]);
    assert.deepEqual(rowsOf(painting.map), EMPTY);
    assert.equal(painting.canUndo, false);
  });
}

for (const name of ["brush", "eraser", "polygon", "rectangle", "line"]) {
  test(`Escape gives up what the ${name} has begun, and is left to others otherwise`, () => {
    const { painting, overlay, tools } = studio();
    const tool = tools[name];
    assert.equal(tool.key("Escape"), false);
    tool.press(spot(1, 1));
    tool.drag([spot(3, 2)]);
    assert.equal(tool.key("a"), false);
    assert.equal(tool.key("Escape"), true);
    tool.release();
    assert.deepEqual(rowsOf(painting.map), EMPTY);
    assert.deepEqual([overlay.outline, overlay.line], [null, null]);
    assert.equal(painting.canUndo, false);
  });
}

for (const name of ["move", "brush", "eraser", "fill", "polygon", "rectangle", "line"]) {
  test(`the ${name} takes no harm from moves and releases without a press`, () => {
    const { painting, tools } = studio();
    tools[name].drag([spot(1, 1)]);
    tools[name].hover?.(spot(1, 1));
    tools[name].release();
    tools[name].finish?.();
    tools[name].cancel();
    assert.deepEqual(rowsOf(painting.map), EMPTY);
    assert.equal(painting.canUndo, false);
  });
}

// --- Brush and eraser ----------------------------------------------------------------------------

test("a stroke goes through all points and is one step of undo", () => {
  const { painting, tools } = studio();
  tools.brush.press(spot(0, 0));
  tools.brush.drag([spot(2, 0), spot(2, 2)]);
  tools.brush.drag([spot(5, 2)]);
  tools.brush.release();
  assert.deepEqual(rowsOf(painting.map), ["111000", "001000", "001111", "000000"]);
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), EMPTY);
  assert.equal(painting.canUndo, false);
});

test("what a stroke covers is shown at once", () => {
  const { painting, tools } = studio();
  const shown = [];
  painting.addEventListener("pixels", ({ detail }) => shown.push({ ...detail }));
  tools.brush.press(spot(1, 1));
  tools.brush.drag([spot(3, 1)]);
  assert.deepEqual(shown, [
    { left: 1, top: 1, right: 2, bottom: 2 },
    { left: 1, top: 1, right: 4, bottom: 2 },
  ]);
});

test("a click with Shift draws a straight line from the end of the stroke before", () => {
  const { painting, tools } = studio();
  tools.brush.press(spot(0, 0, { shift: true }));
  tools.brush.release();
  tools.brush.press(spot(3, 3, { shift: true }));
  tools.brush.release();
  assert.deepEqual(rowsOf(painting.map), ["100000", "010000", "001000", "000100"]);
});

test("strokes without Shift are apart", () => {
  const { painting, tools } = studio();
  tools.brush.press(spot(0, 0));
  tools.brush.release();
  tools.brush.press(spot(3, 3));
  tools.brush.release();
  assert.deepEqual(rowsOf(painting.map), ["100000", "000000", "000000", "000100"]);
});

test("the class that was chosen at the press is painted with to the end", () => {
  const { painting, settings, tools } = studio();
  tools.brush.press(spot(0, 0));
  settings.set({ index: 2 });
  tools.brush.drag([spot(5, 0)]);
  tools.brush.release();
  assert.equal(rowsOf(painting.map)[0], "111111");
});

test("the eraser and the other end of a pen make void, without a class too", () => {
  for (const [name, more] of [
    ["eraser", {}],
    ["brush", { erases: true }],
    ["fill", { erases: true }],
  ]) {
    const { painting, settings, said, tools } = studio();
    painting.map.data.fill(2);
    painting.finish(painting.area);
    settings.set({ index: 0 });
    tools[name].press(spot(0, 0, more));
    tools[name].release();
    assert.equal(painting.map.get(0, 0), 0, name);
    assert.deepEqual(said, []);
  }
});

test("the pressure of a pen scales the brush where that is wanted", () => {
  const rows = (values, more) => {
    const { painting, settings, tools } = studio();
    settings.set({ size: 4, ...values });
    tools.brush.press({ ...spot(0, 0, more), x: 3, y: 2 });
    tools.brush.release();
    return painting.map.counts()[1];
  };
  const pen = { isPen: true, pressure: 0.5 };
  assert.equal(rows({ pressure: true }, pen), 4);
  assert.equal(rows({ pressure: true }, { isPen: true, pressure: 0 }), 1);
  assert.equal(rows({ pressure: false }, pen), 12);
  assert.equal(rows({ pressure: true }, { pressure: 0.5 }), 12);
});

// --- Fill ----------------------------------------------------------------------------------------

test("a click fills the area under it as one step of undo", () => {
  const { painting, tools } = studio();
  painting.load({ map: mapOf("0200", "0200"), classes: painting.classes });
  tools.fill.press(spot(3, 0));
  assert.deepEqual(rowsOf(painting.map), ["0211", "0211"]);
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), ["0200", "0200"]);
});

// --- Rectangle and line --------------------------------------------------------------------------

test("a rectangle is outlined while it is drawn, and filled at the release", () => {
  const { painting, overlay, tools } = studio();
  tools.rectangle.press(spot(4, 2));
  tools.rectangle.drag([spot(0, 0), spot(2, 1)]);
  assert.deepEqual(overlay.outline, [
    [2, 1],
    [5, 1],
    [5, 3],
    [2, 3],
  ]);
  assert.deepEqual(rowsOf(painting.map), EMPTY);
  tools.rectangle.release();
  assert.equal(overlay.outline, null);
  assert.deepEqual(rowsOf(painting.map), ["000000", "001110", "001110", "000000"]);
  painting.undo();
  assert.deepEqual(rowsOf(painting.map), EMPTY);
});

test("with Shift a rectangle is a square", () => {
  const { painting, tools } = studio();
  tools.rectangle.press(spot(1, 0));
  tools.rectangle.drag([spot(3, 1, { shift: true })]);
  tools.rectangle.release();
  assert.deepEqual(rowsOf(painting.map), ["011100", "011100", "011100", "000000"]);
});

test("a line is shown in its color and width, and painted at the release", () => {
  const { painting, overlay, tools } = studio();
  tools.line.press(spot(0, 1));
  tools.line.drag([spot(4, 1)]);
  const expected = { from: [0.5, 1.5], to: [4.5, 1.5], width: 1, color: "#06e6e6" };
  assert.deepEqual(overlay.line, expected);
  assert.deepEqual(rowsOf(painting.map), EMPTY);
  tools.line.release();
  assert.equal(overlay.line, null);
  assert.deepEqual(rowsOf(painting.map), ["000000", "111110", "000000", "000000"]);
});

test("with Shift a line has a multiple of 45°", () => {
  const { painting, tools } = studio();
  tools.line.press(spot(0, 1));
  tools.line.drag([spot(5, 2, { shift: true })]);
  tools.line.release();
  assert.deepEqual(rowsOf(painting.map), ["000000", "111111", "000000", "000000"]);
});

// --- Polygon -------------------------------------------------------------------------------------

/** A square around 3×2 pixels. */
const CORNERS = [
  [1, 1],
  [4, 1],
  [4, 3],
  [1, 3],
].map(([x, y]) => spot(x - 0.5, y - 0.5));
const FILLED = ["000000", "011100", "011100", "000000"];

function click(tool, ...spots) {
  for (const at of spots) {
    tool.press(at);
    tool.release();
  }
}

for (const [how, close] of [
  ["Enter", (tool) => assert.equal(tool.key("Enter"), true)],
  ["a double click", (tool) => (click(tool, CORNERS[3]), tool.finish())],
  ["a click near the first corner", (tool) => click(tool, spot(1.5, 0.5))],
]) {
  test(`a polygon is outlined from corner to corner, and filled by ${how}`, () => {
    const { painting, overlay, tools } = studio();
    click(tools.polygon, ...CORNERS);
    tools.polygon.hover(spot(0, 0));
    assert.equal(overlay.outline.length, 5);
    assert.deepEqual(rowsOf(painting.map), EMPTY);
    close(tools.polygon);
    assert.deepEqual(rowsOf(painting.map), FILLED);
    assert.equal(overlay.outline, null);
    painting.undo();
    assert.deepEqual(rowsOf(painting.map), EMPTY);
    assert.equal(painting.canUndo, false);
  });
}

test("a click far from the first corner, as the view shows it, is one more corner", () => {
  const { painting, tools } = studio();
  click(tools.polygon, ...CORNERS.slice(0, 3), spot(0.5, 2.5));
  assert.deepEqual(rowsOf(painting.map), EMPTY);
});

test("Backspace takes back corners, one by one", () => {
  const { painting, overlay, tools } = studio();
  click(tools.polygon, ...CORNERS, spot(5, 0));
  assert.equal(tools.polygon.key("Backspace"), true);
  assert.deepEqual(
    overlay.outline,
    CORNERS.map(({ x, y }) => [x, y]),
  );
  tools.polygon.key("Enter");
  assert.deepEqual(rowsOf(painting.map), FILLED);
  assert.equal(tools.polygon.key("Backspace"), false);
});

test("fewer than three corners fill nothing", () => {
  const { painting, tools } = studio();
  click(tools.polygon, ...CORNERS.slice(0, 2));
  tools.polygon.finish();
  assert.deepEqual(rowsOf(painting.map), EMPTY);
  assert.equal(painting.canUndo, false);
});

test("with Shift a corner lies in a multiple of 45° from the one before", () => {
  const { overlay, tools } = studio();
  click(tools.polygon, spot(0, 0));
  tools.polygon.hover(spot(4, 1, { shift: true }));
  assert.deepEqual(overlay.outline, [
    [0.5, 0.5],
    [4.5, 0.5],
  ]);
});
