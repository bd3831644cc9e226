// @ts-check

import { FillTool } from "./fill_tool.js";
import { FreehandTool } from "./freehand_tool.js";
import { LineTool } from "./line_tool.js";
import { MoveTool } from "./move_tool.js";
import { PolygonTool } from "./polygon_tool.js";
import { RectangleTool } from "./rectangle_tool.js";

/**
 * @param {import("./tool.js").Bench} bench
 * @returns {Record<import("../settings.js").ToolName, import("./tool.js").Tool>}
 */
export function makeTools(bench) {
  return {
    move: new MoveTool(bench),
    brush: new FreehandTool(bench, false),
    eraser: new FreehandTool(bench, true),
    fill: new FillTool(bench),
    polygon: new PolygonTool(bench),
    rectangle: new RectangleTool(bench),
    line: new LineTool(bench),
  };
}
