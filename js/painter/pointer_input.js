// @ts-check

/**
 * @typedef {object} Target what pointers act on
 * @property {import("./canvas_view.js").CanvasView} view
 * @property {() => import("./tools/tool.js").Tool} tool the one in use
 * @property {(point: {x: number, y: number}) => void} pick
 * @property {(point: {x: number, y: number} | null) => void} pointAt null once it has left
 * @property {(event: PointerEvent) => void} forward an event that belongs to the graph
 */

/** Buttons of `PointerEvent`. */
const [LEFT, MIDDLE, RIGHT, PEN_ERASER] = [0, 1, 2, 5];
const MIDDLE_HELD = 4;
const PEN_ERASER_HELD = 32;

/** Mouse, pen and fingers on the drawing area. */
export class PointerInput {
  /** Whether the left button pans; while Space is held. */
  pans = false;
  #target;
  /** @type {"paint" | "pan" | "pinch" | "pick" | null} what goes on until all is released */
  #mode = null;
  /** @type {number | null} the pointer that began it */
  #pointer = null;
  /** @type {Map<number, {x: number, y: number}>} fingers, in CSS pixels of the box */
  #fingers = new Map();
  #before = { x: 0, y: 0 };

  /** @param {Target} target */
  constructor(target) {
    this.#target = target;
    const { root } = target.view;
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", (event) => this.#up(event));
    root.addEventListener("pointercancel", (event) => this.#cancelled(event));
    // After pointerup too; alone when the element is taken away in the middle of a stroke.
    root.addEventListener("lostpointercapture", (event) => this.#up(event));
    root.addEventListener("pointerleave", () => this.#left());
    root.addEventListener("dblclick", () => target.tool().finish?.());
    root.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @returns {boolean} whether a tool is at work, which must not be changed now */
  get isBusy() {
    return this.#mode === "paint";
  }

  /** Gives up a stroke. */
  cancel() {
    if (this.#mode === "paint") this.#target.tool().cancel();
    this.#mode = null;
    this.#pointer = null;
    this.#fingers.clear();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.target instanceof Element && event.target.closest("button")) return;
    if (event.button === MIDDLE) {
      this.#target.forward(event);
      return;
    }
    const { view } = this.#target;
    if (event.pointerType === "touch") {
      this.#fingers.set(event.pointerId, view.toBox(event));
      if (this.#fingers.size === 2) this.#startPinch();
    }
    if (this.#mode) return;
    this.#mode = this.#modeOf(event);
    if (!this.#mode) return;
    // A stroke ends where the pointer is released, even outside.
    view.root.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#before = view.toBox(event);
    if (this.#mode === "paint") this.#target.tool().press(this.#spot(event));
    else if (this.#mode === "pick") this.#target.pick(view.toMap(event));
  }

  /** @param {PointerEvent} event */
  #modeOf(event) {
    if (event.button === LEFT && this.pans) return "pan";
    const picks = event.altKey && !this.#target.tool().usesAlt;
    if (event.button === RIGHT || (event.button === LEFT && picks)) return "pick";
    return event.button === LEFT || event.button === PEN_ERASER ? "paint" : null;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#mode && event.buttons & MIDDLE_HELD) {
      this.#target.forward(event);
      return;
    }
    const spot = this.#spot(event);
    this.#target.pointAt(spot);
    if (this.#mode === "pinch") this.#pinch(event);
    else if (!this.#mode) this.#target.tool().hover?.(spot);
    else if (event.pointerId === this.#pointer) this.#drag(event);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (this.#mode === "paint") {
      // All positions since the last frame, so that quick strokes stay round.
      const parts = event.getCoalescedEvents?.() ?? [];
      const events = parts.length ? parts : [event];
      this.#target.tool().drag(events.map((part) => this.#spot(part)));
    } else if (this.#mode === "pan") {
      const now = this.#target.view.toBox(event);
      this.#target.view.pan(now.x - this.#before.x, now.y - this.#before.y);
      this.#before = now;
    }
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.type === "pointerup" && event.button === MIDDLE) this.#target.forward(event);
    this.#fingers.delete(event.pointerId);
    if (this.#mode === "pinch") {
      // The finger that is left must not begin to paint.
      if (this.#fingers.size === 0) this.#mode = null;
      return;
    }
    if (event.pointerId !== this.#pointer) return;
    const painted = this.#mode === "paint";
    this.#mode = null;
    this.#pointer = null;
    if (painted) this.#target.tool().release();
  }

  /** @param {PointerEvent} event */
  #cancelled(event) {
    if (event.pointerId === this.#pointer && this.#mode === "paint") this.#target.tool().cancel();
    if (event.pointerId === this.#pointer) this.#mode = null;
    this.#up(event);
  }

  #left() {
    if (!this.#mode) this.#target.pointAt(null);
  }

  #startPinch() {
    if (this.#mode === "paint") this.#target.tool().cancel();
    this.#mode = "pinch";
    this.#pointer = null;
  }

  /** @param {PointerEvent} event */
  #pinch(event) {
    if (!this.#fingers.has(event.pointerId) || this.#fingers.size < 2) return;
    const { view } = this.#target;
    const before = span(this.#fingers);
    this.#fingers.set(event.pointerId, view.toBox(event));
    const now = span(this.#fingers);
    view.pan(now.x - before.x, now.y - before.y);
    if (before.width > 0 && now.width > 0) view.zoom(now.width / before.width, now);
  }

  /**
   * @param {PointerEvent} event
   * @returns {import("./tools/tool.js").Spot}
   */
  #spot(event) {
    return {
      ...this.#target.view.toMap(event),
      pressure: event.pressure,
      isPen: event.pointerType === "pen",
      isTouch: event.pointerType === "touch",
      erases: (event.buttons & PEN_ERASER_HELD) !== 0,
      shift: event.shiftKey,
      ctrl: event.ctrlKey || event.metaKey,
      alt: event.altKey,
    };
  }
}

/**
 * @param {Map<number, {x: number, y: number}>} fingers two or more
 * @returns {{x: number, y: number, width: number}} middle and distance of the first two
 */
function span(fingers) {
  const [a, b] = [...fingers.values()];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, width: Math.hypot(a.x - b.x, a.y - b.y) };
}
