import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassList } from "../../../../js/painter/class_list.js";
import { Painting } from "../../../../js/painter/painting.js";
import { Settings } from "../../../../js/painter/settings.js";
import { TEXTS } from "../../../../js/painter/texts.js";
import { MoveTool } from "../../../../js/painter/tools/move_tool.js";
import { Random, assertSameMap, mapOf, rowsOf, scene } from "../../helpers.js";

/** Remembers the box that is shown. */
class FakeOverlay {
  box = null;

  showSelection({ left, top, right, bottom }) {
    this.box = [left, top, right, bottom];
  }

  clearShapes() {
    this.box = null;
  }
}

/** Sea (1) with two boats (2), and void (0) at the right. */
const BAY = ["11111110", "12211110", "12211110", "11111110", "11111210", "11111110"];

/** A painting with the classes 1 to 5, and the tool that moves. */
function studio(map = mapOf(...BAY)) {
  const painting = new Painting();
  const classes = new ClassList();
  for (const name of ["sea", "boat", "sky", "tree", "sand"]) classes.add(name);
  painting.load({ map, classes });
  const settings = new Settings();
  const overlay = new FakeOverlay();
  const said = [];
  const cursors = [];
  const tool = new MoveTool({
    painting,
    settings,
    overlay,
    zoom: () => 20,
    say: (text) => said.push(text),
    setCursor: (cursor) => cursors.push(cursor),
  });
  return { painting, settings, overlay, said, cursors, tool, rows: () => rowsOf(painting.map) };
}

const spot = (x, y, more = {}) => ({
  x,
  y,
  pressure: 0.5,
  isPen: false,
  isTouch: false,
  erases: false,
  shift: false,
  ctrl: false,
  alt: false,
  ...more,
});

/** From the middle of a pixel to that of another; `more` of the keys held. */
function drag(tool, [fromX, fromY], [toX, toY], more = {}) {
  tool.press(spot(fromX + 0.5, fromY + 0.5, more));
  tool.drag([spot(toX + 0.5, toY + 0.5, more)]);
  tool.release();
}

/** From one point, such as a handle, to another. */
function pull(tool, [fromX, fromY], [toX, toY], more = {}) {
  drag(tool, [fromX - 0.5, fromY - 0.5], [toX - 0.5, toY - 0.5], more);
}

const MOVED = ["11111110", "11111110", "11112210", "11112210", "11111210", "11111110"];

test("the region under the pointer is moved, and its surroundings fill the gap", () => {
  const { painting, tool, rows, said } = studio();
  drag(tool, [1, 1], [4, 2]);
  assert.deepEqual(rows(), MOVED);
  assert.equal(said.at(-1), TEXTS.selected("boat"));
  painting.undo();
  assert.deepEqual(rows(), BAY);
  assert.equal(painting.canUndo, false);
  painting.redo();
  assert.deepEqual(rows(), MOVED);
});

test("the gap is void where that is chosen, for what is selected already too", () => {
  const { painting, settings, tool, rows } = studio();
  settings.set({ fillsGap: false });
  drag(tool, [1, 1], [4, 1]);
  const empty = ["11111110", "10012210", "10012210", "11111110", "11111210", "11111110"];
  assert.deepEqual(rows(), empty);
  settings.set({ fillsGap: true });
  assert.deepEqual(rows()[1], "11112210");
  painting.undo();
  assert.deepEqual(rows(), empty);
  painting.undo();
  assert.deepEqual(rows(), BAY);
});

test("with Ctrl, or by choice, everything of the class is moved", () => {
  const both = ["11111110", "11221110", "11221110", "11111110", "11111120", "11111110"];
  const { tool, rows } = studio();
  drag(tool, [1, 1], [2, 1], { ctrl: true });
  assert.deepEqual(rows(), both);

  const other = studio();
  other.settings.set({ movesClass: true });
  drag(other.tool, [5, 4], [6, 4]);
  assert.deepEqual(other.rows(), both);
});

test("with Ctrl a region that is selected grows to its class", () => {
  const { tool, overlay } = studio();
  drag(tool, [1, 1], [1, 1]);
  assert.deepEqual(overlay.box, [1, 1, 3, 3]);
  drag(tool, [1, 1], [1, 1], { ctrl: true });
  assert.deepEqual(overlay.box, [1, 1, 6, 5]);
});

test("with Alt a copy is moved, again and again", () => {
  const { painting, tool, rows } = studio();
  drag(tool, [1, 1], [3, 1], { alt: true });
  assert.deepEqual(rows()[1], "12222110");
  drag(tool, [4, 1], [4, 3], { alt: true });
  const copies = ["11111110", "12222110", "12222110", "11122110", "11122210", "11111110"];
  assert.deepEqual(rows(), copies);
  drag(tool, [4, 4], [5, 4]);
  assert.deepEqual(rows()[3], "11112210");
  assert.deepEqual(rows()[2], "12222110");
  for (const _ of [1, 2, 3]) painting.undo();
  assert.deepEqual(rows(), BAY);
  assert.equal(painting.canUndo, false);
});

test("with Shift it goes straight", () => {
  const { tool, rows } = studio();
  drag(tool, [1, 1], [4, 2], { shift: true });
  assert.deepEqual(rows().slice(1, 3), ["11112210", "11112210"]);
});

test("what is covered comes back while the region is selected", () => {
  const { tool, rows } = studio(mapOf("0000000", "0220330", "0220330", "0000000"));
  drag(tool, [1, 1], [4, 1]);
  assert.deepEqual(rows()[1], "0000220");
  drag(tool, [4, 1], [3, 1]);
  assert.deepEqual(rows()[1], "0002230");
  drag(tool, [3, 1], [1, 1]);
  assert.deepEqual(rows()[1], "0220330");
});

test("what is covered is lost once it is left", () => {
  const { tool, rows } = studio(mapOf("0000000", "0220330", "0220330", "0000000"));
  drag(tool, [1, 1], [4, 1]);
  assert.equal(tool.key("Escape", false), true);
  drag(tool, [4, 1], [1, 1]);
  assert.deepEqual(rows()[1], "0220000");
});

test("parts outside of the picture come back while the region is selected", () => {
  const { tool, rows, overlay } = studio();
  drag(tool, [1, 1], [-1, -1]);
  assert.deepEqual(rows().slice(0, 3), ["21111110", "11111110", "11111110"]);
  assert.deepEqual(overlay.box, [-1, -1, 1, 1]);
  drag(tool, [0, 0], [2, 2]);
  assert.deepEqual(rows(), BAY);
});

test("a region never leaves the picture altogether", () => {
  const { tool, overlay } = studio();
  drag(tool, [1, 1], [-500, 900]);
  assert.deepEqual(overlay.box, [-1, 5, 1, 7]);
});

test("a handle scales, always from the original pixels", () => {
  const ell = ["00000000", "02000000", "02200000", "00000000", "00000000", "00000000"];
  const { painting, tool, rows } = studio(mapOf(...ell));
  drag(tool, [1, 1], [1, 1]);
  pull(tool, [3, 3], [5, 5]);
  const large = ["00000000", "02200000", "02200000", "02222000", "02222000", "00000000"];
  assert.deepEqual(rows(), large);
  pull(tool, [5, 5], [2, 2]);
  assert.equal(rows().join("").replaceAll("0", ""), "2");
  pull(tool, [2, 2], [5, 5]);
  assert.deepEqual(rows(), large);
  for (const _ of [1, 2, 3]) painting.undo();
  assert.deepEqual(rows(), ell);
});

test("a corner keeps the ratio with Shift, a side changes one side only", () => {
  const { tool, overlay } = studio();
  drag(tool, [1, 1], [1, 1]);
  pull(tool, [3, 3], [5, 3], { shift: true });
  assert.deepEqual(overlay.box, [1, 1, 5, 5]);
  pull(tool, [1, 3], [0, 5]);
  assert.deepEqual(overlay.box, [0, 1, 5, 5]);
});

test("a finger reaches handles from farther away", () => {
  for (const [isTouch, box] of [
    [true, [1, 1, 4, 4]],
    [false, null],
  ]) {
    const { tool, overlay } = studio();
    drag(tool, [1, 1], [1, 1]);
    tool.press(spot(3.8, 3.8, { isTouch }));
    if (isTouch) tool.drag([spot(4.8, 4.8, { isTouch })]);
    tool.release();
    if (box) assert.deepEqual(overlay.box, box);
    else assert.notDeepEqual(overlay.box, [1, 1, 3, 3]);
  }
});

test("arrow keys move by a pixel, with Shift by ten", () => {
  const { painting, tool, overlay } = studio(mapOf("2".padEnd(30, "0")));
  assert.equal(tool.key("ArrowRight", false), false);
  drag(tool, [0, 0], [0, 0]);
  assert.equal(tool.key("ArrowRight", false), true);
  assert.equal(tool.key("ArrowRight", true), true);
  assert.equal(tool.key("ArrowLeft", false), true);
  assert.deepEqual(overlay.box, [10, 0, 11, 1]);
  assert.equal(painting.map.get(10, 0), 2);
  painting.undo();
  assert.equal(painting.map.get(11, 0), 2);
});

test("the selection goes with undo and redo", () => {
  const { painting, tool, overlay, rows } = studio();
  drag(tool, [1, 1], [2, 1]);
  drag(tool, [2, 1], [4, 2]);
  painting.undo();
  assert.deepEqual(overlay.box, [2, 1, 4, 3]);
  painting.undo();
  assert.deepEqual(overlay.box, [1, 1, 3, 3]);
  painting.redo();
  painting.redo();
  assert.deepEqual(overlay.box, [4, 2, 6, 4]);
  painting.undo();
  tool.key("ArrowDown", false);
  drag(tool, [2, 2], [1, 1]);
  assert.deepEqual(rows(), BAY);
});

test("Delete removes what is selected as one step", () => {
  const { painting, tool, rows, overlay } = studio();
  drag(tool, [1, 1], [1, 1]);
  assert.equal(tool.key("Delete", false), true);
  assert.deepEqual(rows().slice(0, 4), ["11111110", "11111110", "11111110", "11111110"]);
  assert.equal(overlay.box, null);
  assert.equal(tool.key("Delete", false), false);
  painting.undo();
  assert.deepEqual(rows(), BAY);
});

test("a drag that is given up is no step, and leaves what was selected", () => {
  const { painting, tool, overlay, rows } = studio();
  drag(tool, [1, 1], [2, 1]);
  const before = rows();
  tool.press(spot(2.5, 1.5));
  tool.drag([spot(5.5, 4.5)]);
  assert.notDeepEqual(rows(), before);
  assert.equal(tool.key("Escape", false), true);
  tool.release();
  assert.deepEqual(rows(), before);
  assert.deepEqual(overlay.box, [2, 1, 4, 3]);
  painting.undo();
  assert.deepEqual(rows(), BAY);
  assert.equal(painting.canUndo, false);
});

test("a click, or a drag that comes back, is no step", () => {
  const { painting, tool, rows } = studio();
  drag(tool, [1, 1], [1, 1]);
  tool.press(spot(1.5, 1.5));
  tool.drag([spot(6.5, 3.5)]);
  tool.drag([spot(1.5, 1.5)]);
  tool.release();
  assert.deepEqual(rows(), BAY);
  assert.equal(painting.canUndo, false);
});

test("void and hidden classes are not moved, and the artist is told", () => {
  const { painting, tool, rows, said, overlay } = studio();
  drag(tool, [7, 0], [3, 3]);
  painting.setHidden(2, true);
  drag(tool, [1, 1], [3, 3]);
  drag(tool, [-5, 0], [3, 3]);
  assert.deepEqual(said, [TEXTS.voidPressed, TEXTS.hiddenPressed("boat")]);
  assert.deepEqual(rows(), BAY);
  assert.equal(overlay.box, null);
});

test("who covers pixels that are hidden is told", () => {
  const { painting, tool, said } = studio(mapOf("0000000", "0220330", "0000000"));
  painting.setHidden(3, true);
  drag(tool, [1, 1], [2, 1]);
  assert.equal(said.at(-1), TEXTS.selected("boat"));
  drag(tool, [2, 1], [3, 1]);
  assert.equal(said.at(-1), TEXTS.hiddenCovered("sky"));
});

for (const [what, change] of [
  ["paints", (painting) => (painting.map.set(7, 5, 5), painting.finish(painting.area))],
  ["clears", (painting) => painting.clear()],
  ["resizes", (painting, tool) => (painting.resize(16, 12), tool.drop())],
  ["removes the class", (painting) => painting.removeClass(2)],
  ["hides the class", (painting) => painting.setHidden(2, true)],
  ["loads another drawing", (painting) => painting.load(null)],
]) {
  test(`somebody who ${what} ends the selection`, () => {
    const { painting, tool, overlay } = studio();
    drag(tool, [1, 1], [3, 1]);
    change(painting, tool);
    assert.equal(overlay.box, null);
    const before = painting.map.clone();
    tool.key("ArrowDown", false);
    tool.key("Delete", false);
    assertSameMap(painting.map, before);
  });
}

test("a class that is covered altogether and then removed does not come back", () => {
  const { painting, tool, rows } = studio(mapOf("000000", "022030", "022000"));
  drag(tool, [1, 1], [4, 1]);
  painting.removeClass(3);
  drag(tool, [4, 1], [1, 1]);
  assert.equal(rows().join("").includes("3"), false);
});

test("other words or colors of a class leave what is selected", () => {
  const { painting, tool, overlay } = studio();
  drag(tool, [1, 1], [3, 1]);
  painting.editClasses((classes) => classes.recolor(2, "#123456"));
  assert.deepEqual(overlay.box, [3, 1, 5, 3]);
});

test("the cursor says what a press will do", () => {
  const { tool, cursors } = studio();
  for (const at of [spot(7.5, 0.5), spot(1.5, 1.5)]) tool.hover(at);
  drag(tool, [1, 1], [1, 1]);
  for (const at of [spot(1, 1), spot(3, 1), spot(3, 2), spot(2, 3), spot(-3, 2)]) tool.hover(at);
  const resize = ["nwse-resize", "nesw-resize", "ew-resize", "ns-resize"];
  assert.deepEqual(cursors, ["default", "move", ...resize, "default"]);
});

test("whatever is dragged, each step is undone exactly", () => {
  const random = new Random(37);
  for (let round = 0; round < 30; round++) {
    const { painting, settings, tool } = studio(scene(random, 40, 30, 5));
    const states = [painting.map.clone()];
    painting.addEventListener("edited", () => states.push(painting.map.clone()));
    for (let i = 0; i < 12; i++) {
      const more = { alt: random.below(4) === 0, ctrl: random.below(4) === 0, shift: i % 5 === 0 };
      if (random.below(4) === 0) settings.set({ fillsGap: random.below(2) === 0 });
      tool.press(spot(random.between(0, 40), random.between(0, 30), more));
      for (let j = 0; j < 3; j++) {
        tool.drag([spot(random.between(-20, 60), random.between(-20, 50), more)]);
      }
      if (random.below(5) === 0) tool.cancel();
      else tool.release();
      assertSameMap(painting.map, /** @type {any} */ (states.at(-1)), "after a drag");
    }
    const steps = states.slice();
    for (let i = steps.length - 2; i >= 0; i--) {
      painting.undo();
      assertSameMap(painting.map, steps[i], "undone");
    }
    assert.equal(painting.canUndo, false);
  }
});
