// @ts-check

import { element } from "./element.js";
import { LabelMap } from "./label_map.js";
import { textButton } from "./text_button.js";
import { TEXTS } from "./texts.js";

/**
 * Width and height of the drawing.
 *
 * @param {import("./painting.js").Painting} painting
 * @param {(text: string) => void} say
 * @returns {HTMLElement}
 */
export function sizeFields(painting, say) {
  const width = field(TEXTS.width);
  const height = field(TEXTS.height);
  const resize = () => {
    const sides = [Number(width.value), Number(height.value)];
    if (sides.every((side) => Number.isInteger(side) && side >= 1 && side <= LabelMap.MAX_SIDE)) {
      painting.resize(sides[0], sides[1]);
    } else {
      say(TEXTS.badSize(LabelMap.MAX_SIDE));
    }
  };
  for (const input of [width, height]) {
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) resize();
    });
  }
  const show = () => {
    width.value = String(painting.map.width);
    height.value = String(painting.map.height);
  };
  painting.addEventListener("size", show);
  show();
  const button = textButton(TEXTS.resize, TEXTS.resizeTitle, resize);
  return element("div", { class: "place-painter-group" }, width, "×", height, button);
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
