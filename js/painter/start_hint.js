// @ts-check

import { element } from "./element.js";
import { findName } from "./tables.js";
import { TEXTS } from "./texts.js";

const EXAMPLES = ["sky", "sea", "grass"];

/**
 * What a drawing without classes shows.
 *
 * @param {import("./painting.js").Painting} painting
 * @param {import("./tables.js").Tables} tables
 * @param {(choice: import("./class_search.js").Choice) => void} add
 * @returns {HTMLElement}
 */
export function startHint(painting, tables, add) {
  const buttons = EXAMPLES.map((name) =>
    element(
      "button",
      {
        type: "button",
        title: TEXTS.example(name),
        "aria-label": TEXTS.example(name),
        onclick: () => add(findName(tables, name) ?? { name, words: name }),
      },
      name,
    ),
  );
  const root = element(
    "div",
    { class: "place-painter-hint" },
    element("p", {}, TEXTS.noClasses),
    ...buttons,
  );
  painting.addEventListener("classes", () => (root.hidden = painting.classes.size > 0));
  return root;
}
