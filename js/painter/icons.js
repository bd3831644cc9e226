// @ts-check

const NAMESPACE = "http://www.w3.org/2000/svg";

/** Paths on a grid of 16×16, drawn as lines. */
const PATHS = {
  move: "M8 1.500v13M1.500 8h13M6 3.500l2-2 2 2M6 12.500l2 2 2-2M3.500 6l-2 2 2 2M12.500 6l2 2-2 2",
  brush: "M13.5 2.5 7 9M7 9l-2-1-2 3-1 3 3-1 3-2z",
  eraser: "M6 13 2.5 9.5l7-7 4 4-6.500 6.500zM6 6l4 4M6 13h7",
  fill: "M7 2 2 8l5 5 5-5zM7 2v5M14 10c-1 2-1 3 0 3s1-1 0-3z",
  polygon: "M8 2l6 4-2 8H4L2 6z",
  rectangle: "M2 4h12v9H2z",
  line: "M3 13 13 3",
  undo: "M5 3 2 6l3 3M2 6h8a4 4 0 0 1 0 7H6",
  redo: "M11 3l3 3-3 3M14 6H6a4 4 0 0 0 0 7h4",
  clear: "M3 4h10M6 4V2h4v2M4 4l1 10h6l1-10",
  fit: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  zoomIn: "M7 3a4 4 0 1 0 .1 0zM10 10l4 4M5 7h4M7 5v4",
  zoomOut: "M7 3a4 4 0 1 0 .1 0zM10 10l4 4M5 7h4",
  shown: "M1.500 8C4 3 12 3 14.500 8 12 13 4 13 1.500 8zM8 6a2 2 0 1 0 .1 0z",
  hidden: "M1.500 8C4 3 12 3 14.500 8 12 13 4 13 1.500 8zM3 14 13 2",
  grip: "M6 3v.1M10 3v.1M6 8v.1M10 8v.1M6 13v.1M10 13v.1",
  remove: "M4 4l8 8M12 4l-8 8",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {IconName} name
 * @returns {SVGElement} in the color of the text around it
 */
export function icon(name) {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "place-painter-icon");
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
