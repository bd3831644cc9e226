// @ts-check

import { element } from "./element.js";
import { Settings } from "./settings.js";
import { TEXTS } from "./texts.js";

/**
 * Brush size, pressure and opacity.
 *
 * @param {Settings} settings
 * @returns {HTMLElement[]}
 */
export function sliders(settings) {
  const size = range(TEXTS.sizeTitle, 1, Settings.MAX_SIZE, (value) => {
    settings.set({ size: value });
  });
  const opacity = range(TEXTS.opacityTitle, 0, 100, (value) => {
    settings.set({ opacity: value / 100 });
  });
  const number = element("output", { class: "place-painter-size" });
  const pressure = element("input", {
    type: "checkbox",
    "aria-label": TEXTS.pressureTitle,
    onchange: () => settings.set({ pressure: pressure.checked }),
  });
  const show = () => {
    const { values } = settings;
    size.value = String(values.size);
    number.textContent = String(values.size);
    opacity.value = String(Math.round(100 * values.opacity));
    pressure.checked = values.pressure;
  };
  settings.addEventListener("change", show);
  show();
  return [
    element("label", { title: TEXTS.sizeTitle }, TEXTS.size, size, number),
    element("label", { title: TEXTS.pressureTitle }, pressure, TEXTS.pressure),
    element("label", { title: TEXTS.opacityTitle, "data-option": "opacity" }, TEXTS.opacity, opacity),
  ];
}

/**
 * @param {string} title
 * @param {number} min
 * @param {number} max
 * @param {(value: number) => void} changed
 * @returns {HTMLInputElement}
 */
function range(title, min, max, changed) {
  return element("input", {
    type: "range",
    min,
    max,
    "aria-label": title,
    oninput: (event) => changed(Number(event.target.value)),
  });
}
