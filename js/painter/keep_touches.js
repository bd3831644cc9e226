// @ts-check

const EVENTS = ["touchstart", "touchmove", "touchend", "touchcancel"];

/**
 * Keeps the touches of drawings from the rest of the page: the host listens around its canvas
 * before any element in it gets them, and two fingers would zoom the graph. The drawings are told
 * of fingers by pointer events, which go on as ever.
 *
 * @param {Window} page where events come first of all
 */
export function keepTouches(page) {
  // All of a finger's touches, as they are sent to where it came down: the host counts them.
  const keep = (/** @type {Event} */ event) => {
    const { target } = event;
    if (target instanceof Element && target.closest(".place-painter-view")) event.stopPropagation();
  };
  for (const type of EVENTS) page.addEventListener(type, keep, { capture: true, passive: true });
}
