// @ts-check

import { element } from "./element.js";

/** A button that opens a panel below it. Escape, a click elsewhere and Tab out of it close it. */
export class Popover {
  #panel;
  #button;
  #opened;
  root;

  /**
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} panel
   * @param {() => void} opened puts the focus into the panel
   */
  constructor(button, panel, opened) {
    this.#button = button;
    this.#panel = panel;
    this.#opened = opened;
    panel.classList.add("place-painter-popover");
    button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    this.root = element("div", { class: "place-painter-anchor" }, button, panel);
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.isOpen) return;
      this.close();
      button.focus();
      // Only the panel: the host closes things at Escape too.
      event.stopPropagation();
    });
    this.root.addEventListener("focusout", ({ relatedTarget }) => {
      // Null is a click on what takes no focus, such as the panel itself.
      if (relatedTarget instanceof Node && !this.root.contains(relatedTarget)) this.close();
    });
    // A press in the panel must not hand the keys to the drawing: the panel would close under it.
    panel.addEventListener("mousedown", (event) => {
      event.stopPropagation();
      const takesFocus = event.target instanceof Element && event.target.closest("input, select");
      if (!takesFocus) event.preventDefault();
    });
    this.close();
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  open() {
    this.#panel.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    // In the capture phase: the graph lets no press through. Only now: the page would hold on to
    // the painters of all nodes that undo has made anew.
    this.root.ownerDocument.addEventListener("pointerdown", this.#pressed, true);
    this.#keepInside();
    this.#opened();
  }

  close() {
    this.#panel.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    this.root.ownerDocument.removeEventListener("pointerdown", this.#pressed, true);
  }

  /** Closes it and gives the keys back to the drawing. */
  leave() {
    this.close();
    const sink = this.root.closest(".place-painter")?.querySelector(".place-painter-sink");
    if (sink instanceof HTMLElement) sink.focus({ preventScroll: true });
  }

  /** @param {PointerEvent} event */
  #pressed = (event) => {
    if (event.target instanceof Node && this.root.contains(event.target)) return;
    this.close();
  };

  /** Moves the panel to the left as far as the painter's edge wants. */
  #keepInside() {
    const painter = this.root.closest(".place-painter");
    this.#panel.style.left = "0px";
    if (!painter) return;
    const box = painter.getBoundingClientRect();
    // The graph may be zoomed.
    const scale = box.width / (painter.clientWidth || 1);
    const beyond = (this.#panel.getBoundingClientRect().right - box.right) / scale + 6;
    const left = (this.root.getBoundingClientRect().left - box.left) / scale - 6;
    if (beyond > 0) this.#panel.style.left = `${-Math.min(beyond, left)}px`;
  }
}
