// @ts-check

import { element } from "./element.js";
import { LabelMap } from "./label_map.js";
import { Popover } from "./popover.js";
import { textButton } from "./text_button.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./label_map.js").Fit} Fit */

/** Width and height that people use with Stable Diffusion. */
const USUAL = [
  [512, 512],
  [768, 512],
  [512, 768],
  [768, 768],
  [1024, 1024],
  [1216, 832],
  [832, 1216],
  [1344, 768],
  [768, 1344],
];
const FITS = /** @type {Fit[]} */ (Object.keys(TEXTS.fits));

/**
 * @typedef {object} SizeOptions
 * @property {import("./painting.js").Painting} painting
 * @property {(width: number, height: number, fit: Fit) => void} resize
 * @property {() => Promise<{width: number, height: number} | null>} latentSize of the latent that
 *   meets the layout in the graph
 * @property {(text: string) => void} say
 */

/** The size of the drawing: a button that shows it, and a panel that changes it. */
export class SizePanel {
  #options;
  #width = field(TEXTS.width);
  #height = field(TEXTS.height);
  #keeps = element("input", { type: "checkbox" });
  #sizes = element("select", { "aria-label": TEXTS.usualSizes, title: TEXTS.usualSizes });
  /** @type {HTMLInputElement[]} */
  #fits = [];
  #shape = element("fieldset", {}, element("legend", {}, TEXTS.otherShape));
  #popover;
  root;

  /** @param {SizeOptions} options */
  constructor(options) {
    this.#options = options;
    const { painting } = options;
    const name = `place-fit-${Math.random().toString(36).slice(2)}`;
    for (const fit of FITS) {
      const input = element("input", { type: "radio", name, value: fit, checked: fit === "extend" });
      this.#fits.push(input);
      const { label, title } = TEXTS.fits[fit];
      this.#shape.append(element("label", { title }, input, label));
    }
    const panel = element(
      "div",
      { class: "place-painter-sizes", role: "group", "aria-label": TEXTS.resizeTitle },
      this.#sizes,
      element("div", { class: "place-painter-group" }, this.#width, "×", this.#height),
      element("label", {}, this.#keeps, TEXTS.keepRatio),
      this.#shape,
      textButton(TEXTS.resize, TEXTS.resizeTitle, () => this.#resize()),
    );
    const button = textButton("", TEXTS.resizeTitle, () => {});
    this.#popover = new Popover(button, panel, () => this.#opened());
    this.root = this.#popover.root;
    this.root.dataset.menu = "size";
    this.#listen(panel);
    const show = () => {
      const { width, height } = painting.map;
      button.textContent = `${width}×${height} ▾`;
      this.#popover.close();
    };
    painting.addEventListener("size", show);
    show();
  }

  /** @param {HTMLElement} panel */
  #listen(panel) {
    this.#width.addEventListener("input", () => this.#follow(this.#width, this.#height, 1));
    this.#height.addEventListener("input", () => this.#follow(this.#height, this.#width, -1));
    this.#keeps.addEventListener("change", () => this.#follow(this.#width, this.#height, 1));
    this.#sizes.addEventListener("change", () => {
      const [width, height] = this.#sizes.value.split("x").map(Number);
      const { map } = this.#options.painting;
      if (width * map.height !== height * map.width) this.#keeps.checked = false;
      this.#show(width, height);
    });
    panel.addEventListener("keydown", (event) => {
      const types = event.target instanceof HTMLInputElement && !event.ctrlKey && !event.metaKey;
      if (types && event.key === "Enter") this.#resize();
      // Nothing in here is a shortcut, not even beside a number.
      else if (event.key !== "Escape") event.stopPropagation();
    });
  }

  async #opened() {
    const { map } = this.#options.painting;
    this.#keeps.checked = false;
    this.#show(map.width, map.height);
    this.#showSizes(null);
    this.#width.focus();
    this.#width.select();
    // It takes a moment to ask the graph.
    const size = await this.#options.latentSize().catch(() => null);
    if (size && this.#popover.isOpen) this.#showSizes(size);
  }

  /** @param {{width: number, height: number} | null} latent */
  #showSizes(latent) {
    const most = LabelMap.MAX_SIDE;
    const fits = latent && latent.width <= most && latent.height <= most;
    this.#sizes.replaceChildren(
      element("option", { value: "", disabled: true, selected: true }, TEXTS.usualSizes),
      ...(fits ? [option(latent.width, latent.height, TEXTS.latentSize)] : []),
      ...USUAL.map(([width, height]) => option(width, height)),
    );
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #show(width, height) {
    this.#width.value = String(width);
    this.#height.value = String(height);
    this.#showShape();
  }

  /**
   * @param {HTMLInputElement} typed
   * @param {HTMLInputElement} other
   * @param {number} power of the ratio that makes the other: 1 of a width, -1 of a height
   */
  #follow(typed, other, power) {
    const { map } = this.#options.painting;
    const side = Number(typed.value);
    if (this.#keeps.checked && side > 0) {
      const most = LabelMap.MAX_SIDE;
      const wanted = Math.round(side * (map.height / map.width) ** power);
      other.value = String(Math.min(most, Math.max(1, wanted)));
    }
    this.#showShape();
  }

  /** How to fit matters where the shape is another. Only then is it asked. */
  #showShape() {
    const { map } = this.#options.painting;
    const [width, height] = this.#sides();
    // Half a pixel is no other shape.
    const same = Math.abs((width * map.height) / map.width - height) <= 0.5;
    this.#shape.disabled = same && this.#keeps.checked;
  }

  #sides() {
    return [Number(this.#width.value), Number(this.#height.value)];
  }

  #resize() {
    const { resize, say } = this.#options;
    const [width, height] = this.#sides();
    const most = LabelMap.MAX_SIDE;
    if ([width, height].some((side) => !Number.isInteger(side) || side < 1 || side > most)) {
      say(TEXTS.badSize(most));
      return;
    }
    const chosen = this.#fits.find((input) => input.checked)?.value;
    const fit = this.#shape.disabled ? "stretch" : /** @type {Fit} */ (chosen);
    this.#popover.leave();
    resize(width, height, fit);
  }
}

/**
 * @param {number} width
 * @param {number} height
 * @param {string} [what]
 */
function option(width, height, what) {
  const size = `${width}×${height}`;
  return element("option", { value: `${width}x${height}` }, what ? `${size} · ${what}` : size);
}

/**
 * @param {string} title
 * @returns {HTMLInputElement}
 */
function field(title) {
  return element("input", {
    type: "number",
    min: 1,
    max: LabelMap.MAX_SIDE,
    step: 1,
    title,
    "aria-label": title,
  });
}
