// @ts-check

/** @typedef {import("./layout_class.js").LayoutClass} LayoutClass */

/**
 * What a prompt encoder says of the classes of a layout.
 *
 * @typedef {object} Speaker
 * @property {string} title of the node on which its words are written, for people
 * @property {Map<number, string> | null} words by class id, empty ones too; null where another node
 *   gives them
 * @property {(id: number, words: string) => void} write gives a class other words; "" takes its
 *   line out
 */

/**
 * Tells the nodes of this pack what the others know.
 *
 * Events: "changed", a node knows the classes of its layout (they may be others than before),
 * "said", prompt encoders may say something else of a layout, and "rewired", links or texts of the
 * graph may be others.
 */
export const hub = new EventTarget();

/** @type {WeakMap<object, LayoutClass[]>} */
const known = new WeakMap();
/** @type {WeakMap<object, Map<object, Speaker[]>>} by the node of a layout, then by encoder */
const speakers = new WeakMap();
/** @type {WeakMap<object, Set<object>>} by encoder, the nodes of the layouts that it speaks of */
const spokenOf = new WeakMap();

/**
 * @param {any} node the host's node of a layout
 * @param {LayoutClass[]} classes its whole table by ascending id
 */
export function changed(node, classes) {
  known.set(node, classes);
  hub.dispatchEvent(new Event("changed"));
}

export function rewired() {
  hub.dispatchEvent(new Event("rewired"));
}

/**
 * @param {any} node the host's node of a layout, or null
 * @returns {LayoutClass[] | undefined} undefined where they are not known yet
 */
export function classesOf(node) {
  return known.get(node);
}

/**
 * @param {any} encoder the host's node
 * @param {{source: any, speaker: Speaker}[]} said in place of all that it said before, with the
 *   nodes of the layouts
 */
export function say(encoder, said) {
  for (const source of spokenOf.get(encoder) ?? []) speakers.get(source)?.delete(encoder);
  spokenOf.set(encoder, new Set(said.map(({ source }) => source)));
  for (const { source, speaker } of said) {
    const all = speakers.get(source) ?? new Map();
    all.set(encoder, [...(all.get(encoder) ?? []), speaker]);
    speakers.set(source, all);
  }
  hub.dispatchEvent(new Event("said"));
}

/**
 * @param {any} node the host's node of a layout
 * @returns {Speaker[]} all that prompt encoders say of it in a run
 */
export function speakersOf(node) {
  return [...(speakers.get(node)?.values() ?? [])].flat();
}
