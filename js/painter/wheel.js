// @ts-check

/** CSS pixels of the wheel that double the zoom. */
const DOUBLING = 300;
/** What a line of `WheelEvent.DOM_DELTA_LINE` counts as. */
const LINE = 16;

/**
 * The wheel zooms the drawing while the painter has the focus; otherwise, and with Ctrl, it is the
 * graph's, as it is in Nodes 2.0.
 *
 * @param {HTMLElement} root
 * @param {import("./canvas_view.js").CanvasView} view
 * @param {(event: WheelEvent) => void} forward
 */
export function listenToWheel(root, view, forward) {
  root.addEventListener(
    "wheel",
    (event) => {
      const { target, deltaX, deltaY } = event;
      /** @param {string} part */
      const over = (part) => target instanceof Element && target.closest(part) !== null;
      const zooms = over(".place-painter-view") && root.contains(document.activeElement);
      const sideways = Math.abs(deltaX) > Math.abs(deltaY);
      const isGraphs = event.ctrlKey || event.metaKey;
      // It scrolls the class list.
      if (over(".place-painter-panel") && !isGraphs) return;
      if (isGraphs || sideways || !zooms) {
        forward(event);
      } else {
        event.preventDefault();
        event.stopPropagation();
        const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
        view.zoom(2 ** ((-deltaY * pixels) / DOUBLING), view.toBox(event));
      }
    },
    { passive: false },
  );
}
