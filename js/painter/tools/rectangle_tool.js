// @ts-check

import { fillRectangle } from "../fill_rectangle.js";
import { DragTool } from "./drag_tool.js";
import { snapSquare } from "./snap.js";

/** @typedef {import("./drag_tool.js").Point} Point */

/** Fills the rectangle between where the pointer was pressed and where it was released. */
export class RectangleTool extends DragTool {
  /** @param {import("./tool.js").Bench} bench */
  constructor(bench) {
    const { painting, overlay } = bench;
    super(bench, {
      snap: snapSquare,
      show: (from, to) => overlay.showOutline(corners(from, to), true),
      draw: (from, to, entry) => fillRectangle(painting.map, from, to, entry.index),
    });
  }
}

/**
 * @param {Point} from
 * @param {Point} to
 * @returns {Point[]} around all pixels that will be filled
 */
function corners(from, to) {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  const [x0, y0, x1, y1] = [left, top, right + 1, bottom + 1].map(Math.floor);
  return [
    { x: x0, y: y0 },
    { x: x1, y: y0 },
    { x: x1, y: y1 },
    { x: x0, y: y1 },
  ];
}
