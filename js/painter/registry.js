// @ts-check

/** @typedef {import("./painter_view.js").PainterView} PainterView */

/**
 * What is known of a node's painter. Nothing here may hold on to a view, which is large.
 *
 * @typedef {object} Entry
 * @property {WeakRef<PainterView>} view the latest
 * @property {Readonly<import("./settings.js").Values>} settings of the latest
 * @property {import("./reference_picture.js").Reference | null} reference of the latest
 */

/**
 * Which painter belongs to which node.
 *
 * The host's undo makes all nodes anew. The new painter of a node goes on with the tool and the
 * reference of the one before.
 */
export class Registry {
  /** @type {Map<string, Entry>} */
  #entries = new Map();

  /**
   * @param {string} key of the node, the same for its successors
   * @param {PainterView} view
   */
  claim(key, view) {
    const before = this.#entries.get(key);
    if (before?.view.deref() === view) return;
    if (before) {
      view.settings.set(before.settings);
      view.reference.show(before.reference);
    }
    /** @type {Entry} */
    const entry = {
      view: new WeakRef(view),
      settings: view.settings.values,
      reference: view.reference.shown,
    };
    view.settings.addEventListener("change", () => (entry.settings = view.settings.values));
    view.reference.addEventListener("change", () => (entry.reference = view.reference.shown));
    this.#entries.set(key, entry);
  }
}
