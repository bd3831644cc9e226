// @ts-check

import { CanvasView } from "./canvas_view.js";
import { ClassPanel } from "./class_panel.js";
import { element } from "./element.js";
import { FileDesk } from "./file_desk.js";
import { listenToKeys } from "./keyboard.js";
import { Painting } from "./painting.js";
import { PointerInput } from "./pointer_input.js";
import { ReferencePicture } from "./reference_picture.js";
import { Settings } from "./settings.js";
import { SizePanel } from "./size_panel.js";
import { startHint } from "./start_hint.js";
import { StatusLine } from "./status_line.js";
import { TEXTS } from "./texts.js";
import { toolbar } from "./toolbar.js";
import { makeTools } from "./tools/make_tools.js";
import { listenToWheel } from "./wheel.js";

/**
 * @typedef {object} Surroundings what a painter needs from where it is
 * @property {import("./tables.js").Tables} tables
 * @property {(event: WheelEvent) => void} forwardWheel an event that belongs to the graph
 * @property {(event: PointerEvent) => void} forwardPointer
 * @property {() => void} saidElsewhere words that other nodes have for a class were changed
 * @property {(file: Blob, reading: string, count: number) => Promise<any>} askForMap what a file
 *   shows: see nodes/map_route.py
 * @property {() => Promise<{width: number, height: number} | null>} latentSize of the latent that
 *   meets the layout in the graph
 */

/** Below this many CSS pixels the class list goes under the drawing. */
const NARROW = 560;
const WITH_RING = ["brush", "eraser", "line"];

/** A painter: toolbar, drawing, class list and status line. */
export class PainterView {
  painting = new Painting();
  settings = new Settings();
  #canvas = new CanvasView(this.painting, this.settings);
  #status = new StatusLine();
  #problem = element("p", { class: "place-painter-problem", role: "alert", dir: "auto" });
  #panel;
  reference;
  root;
  #tools;
  #pointer;
  /** @type {{x: number, y: number} | null} */
  #spot = null;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    const { tables, forwardWheel, forwardPointer, saidElsewhere, askForMap, latentSize } =
      surroundings;
    const { painting, settings } = this;
    const say = (/** @type {string} */ text) => this.#status.say(text);
    /** @param {import("./class_search.js").Choice} choice */
    const add = (choice) => this.#addClass(choice);
    const desk = new FileDesk({
      painting,
      askForMap,
      replace: (drawing) => {
        this.cancelTool();
        painting.replace(drawing);
      },
      trace: (file) => this.reference.load(file),
      dropReference: () => this.reference.show(null),
      say,
    });
    this.reference = new ReferencePicture(this.#canvas, desk.menu, say);
    const size = new SizePanel({
      painting,
      resize: (width, height, fit) => {
        this.cancelTool();
        painting.resize(width, height, fit);
      },
      latentSize,
      say,
    });
    this.reference.addEventListener("change", () => this.#showReference());
    this.#tools = makeTools({
      painting,
      settings,
      overlay: this.#canvas.overlay,
      zoom: () => this.#canvas.viewport.zoom,
      say,
      setCursor: (cursor) => this.#canvas.root.style.setProperty("--place-cursor", cursor),
    });
    this.#pointer = this.#listenToPointer(forwardPointer);
    this.#canvas.root.append(startHint(painting, tables, add));
    this.#panel = new ClassPanel({ painting, settings, tables, add, say, saidElsewhere });
    this.root = element(
      "div",
      {
        class: "place-painter",
        role: "group",
        "aria-label": TEXTS.painter,
        "data-testid": "place-painter",
        // Nodes 2.0 then leaves us the wheel while we have the focus.
        "data-capture-wheel": "true",
      },
      this.#toolbar(desk.menu.root, size.root),
      desk.notice.root,
      this.#problem,
      element(
        "div",
        { class: "place-painter-main" },
        this.#canvas.root,
        this.#panel.root,
      ),
      this.#status.root,
    );
    this.showProblem("");
    this.#showReference();
    desk.takeDrops(this.root);
    this.#keepFocus();
    this.#listenToKeys();
    listenToWheel(this.root, this.#canvas, forwardWheel);
    this.#followChanges();
    new ResizeObserver(() => {
      this.root.classList.toggle("place-painter-narrow", this.root.clientWidth < NARROW);
    }).observe(this.root);
  }

  /** @param {string} text what is wrong with the stored drawing; "" nothing */
  showProblem(text) {
    this.#problem.textContent = text;
    this.#problem.hidden = text === "";
  }

  /** @param {import("../hub.js").Speaker[]} speakers what is said of the classes in a run */
  showSpeakers(speakers) {
    this.#panel.showSpeakers(speakers);
  }

  #showReference() {
    this.root.classList.toggle("place-painter-traced", this.reference.shown !== null);
  }

  /** @param {boolean} busy whether a drawing is being loaded, so that none can be made now */
  setBusy(busy) {
    this.root.inert = busy;
  }

  /** Gives up what a tool has begun: there will be another drawing. */
  cancelTool() {
    this.#pointer.cancel();
    this.#endTools();
  }

  #endTools() {
    for (const tool of Object.values(this.#tools)) {
      tool.cancel();
      tool.drop?.();
    }
  }

  /** @param {string} text */
  say(text) {
    this.#status.say(text);
  }

  get #tool() {
    return this.#tools[this.settings.values.tool];
  }

  /**
   * @param {HTMLElement} files
   * @param {HTMLElement} size
   */
  #toolbar(files, size) {
    return toolbar({
      painting: this.painting,
      settings: this.settings,
      files,
      size,
      choose: (tool) => this.#choose(tool),
      undo: () => this.#change(() => this.painting.undo()),
      redo: () => this.#change(() => this.painting.redo()),
      clear: () => this.#change(() => this.painting.clear()),
      fit: () => this.#canvas.fit(),
      zoom: (factor) => this.#canvas.zoom(factor),
    });
  }

  /** @param {(event: PointerEvent) => void} forward */
  #listenToPointer(forward) {
    return new PointerInput({
      view: this.#canvas,
      tool: () => this.#tool,
      pick: (point) => this.#pick(point),
      pointAt: (point) => {
        this.#spot = point;
        this.#showSpot();
      },
      forward,
    });
  }

  #listenToKeys() {
    listenToKeys(this.root, {
      choose: (tool) => this.#choose(tool),
      stepSize: (direction) => this.settings.stepSize(direction),
      undo: () => this.#change(() => this.painting.undo()),
      redo: () => this.#change(() => this.painting.redo()),
      fit: () => this.#canvas.fit(),
      zoom: (factor) => this.#canvas.zoom(factor),
      pickClass: (number) => {
        const entry = this.painting.classes.numbered(number);
        if (entry) this.settings.set({ index: entry.index });
        return !!entry;
      },
      tool: (key, shift) => this.#tool.key?.(key, shift) ?? false,
      hold: (pans) => {
        this.#pointer.pans = pans;
        this.#canvas.root.classList.toggle("place-painter-panning", pans);
      },
    });
  }

  /** A click anywhere gives the painter the keys, but takes them from none of its inputs. */
  #keepFocus() {
    const focus = () => this.#focus();
    // Not at pointerdown: in Nodes 2.0 the node takes the focus after that.
    this.root.addEventListener("mousedown", (event) => {
      const inputs = "input:not(.place-painter-sink), select, [role=listbox]";
      if (event.target instanceof Element && event.target.closest(inputs)) return;
      event.preventDefault();
      focus();
    });
    // Fingers make no mousedown when they move.
    this.#canvas.root.addEventListener("pointerup", (event) => {
      if (event.pointerType === "touch") focus();
    });
  }

  #focus() {
    this.#canvas.sink.focus({ preventScroll: true });
  }

  #followChanges() {
    const { painting, settings } = this;
    painting.addEventListener("classes", () => {
      const { entries } = painting.classes;
      const known = entries.some(({ index }) => index === settings.values.index);
      if (!known) settings.set({ index: entries[0]?.index ?? 0 });
    });
    painting.addEventListener("size", () => {
      this.#endTools();
      this.#showPicture();
    });
    painting.addEventListener("settled", () => this.#showSpot());
    painting.addEventListener("edited", () => {
      this.showProblem("");
      this.#status.say("");
    });
    settings.addEventListener("change", () => {
      this.#status.say("");
      this.#showSpot();
    });
    this.#canvas.root.addEventListener("placed", () => this.#showPicture());
    this.#showPicture();
  }

  #showPicture() {
    const { width, height } = this.painting.map;
    this.#status.showPicture(width, height, this.#canvas.viewport.zoom);
  }

  /** Shows where the pointer is, and the brush around it. */
  #showSpot() {
    const { tool, size } = this.settings.values;
    this.#status.showPosition(this.painting, this.#spot);
    this.#canvas.overlay.showRing(WITH_RING.includes(tool) ? this.#spot : null, size);
  }

  /** @param {import("./settings.js").ToolName} tool */
  #choose(tool) {
    this.#change(() => {
      this.#endTools();
      this.settings.set({ tool });
    });
  }

  /**
   * What would disturb a stroke waits for the artist to try again.
   *
   * @param {() => void} action
   */
  #change(action) {
    if (!this.#pointer.isBusy) action();
  }

  /** @param {import("./class_search.js").Choice} choice */
  #addClass({ name, words, color }) {
    const { painting, settings } = this;
    try {
      const taken = painting.classes.entries.some((entry) => entry.color === color);
      const entry =
        painting.classes.find(name) ??
        painting.editClasses((classes) => classes.add(name, words, taken ? undefined : color));
      settings.set({ index: entry.index });
      // It is to be painted with now: the next keys are shortcuts.
      this.#focus();
    } catch (error) {
      this.#status.say(/** @type {Error} */ (error).message);
    }
  }

  /** @param {{x: number, y: number}} point of the drawing, maybe outside */
  #pick(point) {
    const { map } = this.painting;
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    const inside = x >= 0 && y >= 0 && x < map.width && y < map.height;
    const index = inside ? map.get(x, y) : 0;
    if (index) this.settings.set({ index });
    else this.#status.say(TEXTS.voidPicked);
  }
}
