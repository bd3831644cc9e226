// @ts-check

import { HANDLES, handlePoint } from "./handles.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

/** @typedef {{x: number, y: number}} Point */
/** @typedef {import("./rect.js").Rect} Rect */

/** What tools show over the drawing: the brush's ring, outlines and handles. In its pixels. */
export class Overlay {
  root = made("svg", "place-painter-overlay");
  #group = made("g", "");
  #thick = made("line", "place-painter-thick");
  #ring = made("circle", "place-painter-outline");
  #outline = made("path", "place-painter-outline");
  #box = made("path", "place-painter-outline place-painter-box");
  #handles = made("path", "place-painter-handles");

  constructor() {
    this.root.setAttribute("aria-hidden", "true");
    this.#group.append(this.#thick, this.#ring, this.#box, this.#outline, this.#handles);
    this.root.append(this.#group);
    this.clear();
  }

  /** @param {import("./viewport.js").Viewport} viewport */
  place({ x, y, zoom }) {
    this.#group.setAttribute("transform", `translate(${x} ${y}) scale(${zoom})`);
  }

  /**
   * @param {Point | null} center null hides it
   * @param {number} diameter
   */
  showRing(center, diameter = 1) {
    show(this.#ring, center !== null);
    if (center) set(this.#ring, { cx: center.x, cy: center.y, r: diameter / 2 });
  }

  /**
   * @param {Point} from
   * @param {Point} to
   * @param {number} width
   * @param {string} color
   */
  showLine(from, to, width, color) {
    show(this.#thick, true);
    set(this.#thick, { x1: from.x, y1: from.y, x2: to.x, y2: to.y, "stroke-width": width });
    set(this.#thick, { stroke: color });
  }

  /**
   * @param {Point[]} points
   * @param {boolean} closed
   */
  showOutline(points, closed) {
    const path = points.map(({ x, y }, i) => `${i ? "L" : "M"}${x} ${y}`).join("");
    show(this.#outline, points.length > 0);
    set(this.#outline, { d: closed ? `${path}Z` : path, transform: "" });
  }

  /**
   * @param {Rect} box around what is selected, with its handles
   * @param {Rect} original box
   * @param {string} path of its border, in the original box
   */
  showSelection(box, original, path) {
    const scale = `scale(${box.width / original.width} ${box.height / original.height})`;
    const { left, top, width, height } = box;
    for (const shape of [this.#outline, this.#box, this.#handles]) show(shape, true);
    set(this.#outline, { d: path, transform: `translate(${left} ${top}) ${scale}` });
    set(this.#box, { d: `M${left} ${top}h${width}v${height}h${-width}Z` });
    // Dots as wide as their stroke, whatever the zoom.
    const dots = HANDLES.map((handle) => handlePoint(handle, box)).map(({ x, y }) => `M${x} ${y}h0`);
    set(this.#handles, { d: dots.join("") });
  }

  /** Hides all but the ring, which belongs to the pointer. */
  clearShapes() {
    show(this.#thick, false);
    show(this.#outline, false);
    show(this.#box, false);
    show(this.#handles, false);
  }

  clear() {
    this.clearShapes();
    this.showRing(null);
  }
}

/**
 * @param {string} tag
 * @param {string} name of its class
 * @returns {SVGElement}
 */
function made(tag, name) {
  const result = document.createElementNS(NAMESPACE, tag);
  if (name) result.setAttribute("class", name);
  return /** @type {SVGElement} */ (result);
}

/**
 * @param {SVGElement} shape
 * @param {boolean} visible
 */
function show(shape, visible) {
  shape.style.display = visible ? "" : "none";
}

/**
 * @param {SVGElement} shape
 * @param {Record<string, string | number>} attributes
 */
function set(shape, attributes) {
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
}
