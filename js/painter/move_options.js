// @ts-check

import { element } from "./element.js";
import { TEXTS } from "./texts.js";

/**
 * The options of the tool that moves, to be seen while it is in use.
 *
 * @param {import("./settings.js").Settings} settings
 * @returns {HTMLElement}
 */
export function moveOptions(settings) {
  const options = /** @type {const} */ (["fillsGap", "movesClass"]).map((name) => {
    const title = TEXTS[`${name}Title`];
    const input = element("input", {
      type: "checkbox",
      "aria-label": title,
      onchange: () => settings.set({ [name]: input.checked }),
    });
    const label = element("label", { title, "data-option": name }, input, TEXTS[name]);
    return { name, input, label };
  });
  const root = element(
    "div",
    { class: "place-painter-group" },
    ...options.map(({ label }) => label),
  );
  const show = () => {
    root.hidden = settings.values.tool !== "move";
    for (const { name, input } of options) input.checked = settings.values[name];
  };
  settings.addEventListener("change", show);
  show();
  return root;
}
