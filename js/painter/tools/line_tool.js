// @ts-check

import { strokeSegment } from "../stroke.js";
import { DragTool } from "./drag_tool.js";
import { snapAngle } from "./snap.js";

/** Draws a straight line as wide as the brush. */
export class LineTool extends DragTool {
  /** @param {import("./tool.js").Bench} bench */
  constructor(bench) {
    const { painting, settings, overlay } = bench;
    super(bench, {
      snap: snapAngle,
      show(from, to) {
        const entry = painting.classes.get(settings.values.index);
        if (entry) overlay.showLine(from, to, settings.values.size, entry.color);
      },
      draw: (from, to, entry) =>
        strokeSegment(painting.map, from, to, settings.values.size, entry.index),
    });
  }
}
