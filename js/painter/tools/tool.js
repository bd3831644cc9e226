// @ts-check

/**
 * What tools work with.
 *
 * @typedef {object} Bench
 * @property {import("../painting.js").Painting} painting
 * @property {import("../settings.js").Settings} settings
 * @property {import("../overlay.js").Overlay} overlay
 * @property {() => number} zoom CSS pixels of a pixel of the drawing
 * @property {(text: string) => void} say shows the artist a message
 * @property {(cursor: string) => void} setCursor over the drawing, as CSS names it; "" the usual
 */

/**
 * Where a pointer is.
 *
 * @typedef {object} Spot
 * @property {number} x in pixels of the drawing, maybe outside
 * @property {number} y
 * @property {number} pressure 0..1
 * @property {boolean} isPen
 * @property {boolean} isTouch whether it is a finger
 * @property {boolean} erases whether it is the other end of a pen
 * @property {boolean} shift
 * @property {boolean} ctrl Ctrl, or Command
 * @property {boolean} alt
 */

/**
 * A tool; it is told what the pointer does.
 *
 * @typedef {object} Tool
 * @property {(spot: Spot) => void} press
 * @property {(spots: Spot[]) => void} drag where the pointer was since the last call, never empty
 * @property {() => void} release
 * @property {() => void} cancel gives up what was begun
 * @property {() => void} [drop] ends what outlasts a release, as another tool or drawing is next
 * @property {boolean} [usesAlt] whether Alt does not pick the class under the pointer
 * @property {(spot: Spot) => void} [hover] a move without a button
 * @property {() => void} [finish] a double click
 * @property {(key: string, shift: boolean) => boolean} [key] whether it used the key
 */

export {};
