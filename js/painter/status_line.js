// @ts-check

import { element } from "./element.js";
import { TEXTS } from "./texts.js";

/** Messages, and what lies under the pointer. */
export class StatusLine {
  #message = element("span", { class: "place-painter-message", role: "status", dir: "auto" });
  #position = element("span", { dir: "auto" });
  #picture = element("span");
  root = element(
    "div",
    { class: "place-painter-status" },
    this.#message,
    this.#position,
    this.#picture,
  );

  /** @param {string} text "" takes the last message away */
  say(text) {
    this.#message.textContent = text;
    this.#message.title = text;
  }

  /**
   * @param {import("./painting.js").Painting} painting
   * @param {{x: number, y: number} | null} point of the drawing, maybe outside
   */
  showPosition({ map, classes }, point) {
    const [x, y] = [Math.floor(point?.x ?? -1), Math.floor(point?.y ?? -1)];
    const inside = x >= 0 && y >= 0 && x < map.width && y < map.height;
    const name = inside ? (classes.get(map.get(x, y))?.name ?? TEXTS.void) : "";
    this.#position.textContent = inside ? TEXTS.position(x, y, name) : "";
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} zoom
   */
  showPicture(width, height, zoom) {
    this.#picture.textContent = TEXTS.picture(width, height, Math.round(100 * zoom));
  }
}
