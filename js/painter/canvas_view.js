// @ts-check

import { element } from "./element.js";
import { LabelLayer } from "./label_layer.js";
import { Overlay } from "./overlay.js";
import { Rect } from "./rect.js";
import { TEXTS } from "./texts.js";
import { Viewport } from "./viewport.js";

/** @typedef {{x: number, y: number}} Point */

/** The drawing area: reference, label map and outlines, zoomed and moved together. */
export class CanvasView {
  viewport = new Viewport();
  overlay = new Overlay();
  #layer = new LabelLayer();
  /** The picture under the drawing. */
  image = element("img", { class: "place-painter-reference", alt: "", draggable: "false" });
  #stage = element("div", { class: "place-painter-stage" }, this.image, this.#layer.canvas);
  /** Takes the keys: shortcuts of the host leave inputs alone, but not other elements. */
  sink = element("input", {
    class: "place-painter-sink",
    type: "text",
    // No keyboard on the screen.
    inputmode: "none",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": TEXTS.keys,
  });
  root = element(
    "div",
    { class: "place-painter-view", "data-testid": "place-painter-view" },
    this.#stage,
    this.overlay.root,
    this.sink,
  );
  #painting;
  #settings;
  /** @type {Rect[]} */
  #dirty = [];
  #frame = 0;

  /**
   * @param {import("./painting.js").Painting} painting
   * @param {import("./settings.js").Settings} settings
   */
  constructor(painting, settings) {
    this.#painting = painting;
    this.#settings = settings;
    painting.addEventListener("pixels", (event) => {
      this.#repaint(/** @type {CustomEvent<Rect>} */ (event).detail);
    });
    painting.addEventListener("size", () => this.#resized());
    painting.addEventListener("classes", () => this.#recolor());
    settings.addEventListener("change", () => this.#showOpacity());
    // Nothing typed here is of use.
    this.sink.addEventListener("input", () => (this.sink.value = ""));
    new ResizeObserver(() => this.#boxChanged()).observe(this.root);
    this.image.hidden = true;
    this.#resized();
  }

  /** @param {string | null} url of the picture under the drawing; null shows none */
  setReference(url) {
    this.image.hidden = url === null;
    if (url === null) this.image.removeAttribute("src");
    else this.image.src = url;
    this.#showOpacity();
  }

  /**
   * @param {{clientX: number, clientY: number}} event
   * @returns {Point} in CSS pixels of the box, whatever scales it: the zoom of the graph or of
   *   the browser
   */
  toBox(event) {
    const rect = this.root.getBoundingClientRect();
    const { clientWidth, clientHeight } = this.root;
    return {
      x: ((event.clientX - rect.left) / (rect.width || 1)) * clientWidth,
      y: ((event.clientY - rect.top) / (rect.height || 1)) * clientHeight,
    };
  }

  /**
   * @param {{clientX: number, clientY: number}} event
   * @returns {Point} in pixels of the drawing
   */
  toMap(event) {
    return this.viewport.toMap(this.toBox(event));
  }

  fit() {
    const { clientWidth, clientHeight } = this.root;
    if (clientWidth === 0 || clientHeight === 0) return;
    const { width, height } = this.#painting.map;
    this.viewport.fit(clientWidth, clientHeight, width, height);
    this.place();
  }

  /**
   * @param {number} factor
   * @param {Point} [point] of the box; without it the middle
   */
  zoom(factor, point) {
    const middle = { x: this.root.clientWidth / 2, y: this.root.clientHeight / 2 };
    this.viewport.zoomAt(point ?? middle, factor);
    this.place();
  }

  /**
   * @param {number} dx CSS pixels
   * @param {number} dy CSS pixels
   */
  pan(dx, dy) {
    this.viewport.pan(dx, dy);
    this.place();
  }

  /** Shows the drawing where the viewport says. */
  place() {
    const { x, y, zoom } = this.viewport;
    this.#stage.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    this.#stage.style.setProperty("--place-painter-zoom", String(zoom));
    this.#stage.classList.toggle("place-painter-large", zoom >= 1);
    this.overlay.place(this.viewport);
    this.root.dispatchEvent(new CustomEvent("placed"));
  }

  #boxChanged() {
    if (this.viewport.fitted) this.fit();
  }

  #resized() {
    const { width, height } = this.#painting.map;
    this.#stage.style.width = `${width}px`;
    this.#stage.style.height = `${height}px`;
    this.overlay.clear();
    this.viewport.fitted = true;
    this.fit();
    this.#recolor();
    this.#repaint(this.#painting.area);
  }

  #recolor() {
    if (this.#layer.setColors(this.#painting.classes)) this.#repaint(this.#painting.area);
  }

  #showOpacity() {
    const { opacity } = this.#settings.values;
    this.#layer.canvas.style.opacity = this.image.hidden ? "1" : String(opacity);
  }

  /**
   * Once a frame, as a pointer may report many positions in between.
   *
   * @param {Rect} rect
   */
  #repaint(rect) {
    this.#dirty.push(rect);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    const rects = this.#dirty;
    this.#dirty = [];
    // Parts of a stroke overlap little, but their hull may be most of the drawing.
    const whole = rects.some((rect) => covers(rect, this.#painting.area));
    for (const rect of whole ? [this.#painting.area] : merged(rects)) {
      this.#layer.paint(this.#painting.map, rect);
    }
  }
}

/**
 * @param {Rect[]} rects
 * @returns {Rect[]} those that are no more pixels together are one, as what is dragged overlaps
 *   its last place
 */
function merged(rects) {
  /** @type {Rect[]} */
  const result = [];
  const pixels = (/** @type {Rect} */ { width, height }) => width * height;
  for (const rect of rects) {
    const at = result.findIndex((other) => {
      return pixels(other.union(rect)) <= pixels(other) + pixels(rect);
    });
    if (at < 0) result.push(rect);
    else result[at] = result[at].union(rect);
  }
  return result;
}

/**
 * @param {Rect} rect
 * @param {Rect} area
 */
function covers(rect, area) {
  return rect.width >= area.width && rect.height >= area.height;
}
