// @ts-check

/** @typedef {import("./painter_view.js").PainterView} PainterView */

/**
 * What is known of a node's painter. Nothing here may hold on to a view, which is large.
 *
 * @typedef {object} Entry
 * @property {WeakRef<PainterView>} view the latest
 * @property {Readonly<import("./settings.js").Values>} settings of the latest
 * @property {import("./reference_picture.js").Reference | null} reference of the latest
 * @property {HTMLElement | null} stale an older one's element that the page may still show
 */

/**
 * Which painter belongs to which node.
 *
 * The host's undo makes all nodes anew. The new painter of a node goes on with the tool and the
 * reference of the one before; and it must take its place in Nodes 2.0, which sees the same node
 * and keeps the old element.
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
    const old = before?.view.deref();
    if (old === view) return;
    if (before) {
      view.settings.set(before.settings);
      view.reference.show(before.reference);
    }
    /** @type {Entry} */
    const entry = {
      view: new WeakRef(view),
      settings: view.settings.values,
      reference: view.reference.shown,
      stale: before?.stale?.isConnected ? before.stale : (old?.root ?? null),
    };
    view.settings.addEventListener("change", () => (entry.settings = view.settings.values));
    view.reference.addEventListener("change", () => (entry.reference = view.reference.shown));
    this.#entries.set(key, entry);
  }

  /** Puts painters where the page still shows their predecessors. */
  refresh() {
    for (const entry of this.#entries.values()) {
      const root = entry.view.deref()?.root;
      const { stale } = entry;
      entry.stale = null;
      if (!root || root.isConnected || !stale?.isConnected) continue;
      // The classic canvas makes and removes elements by itself.
      if (!stale.closest(".dom-widget")) stale.replaceWith(root);
    }
  }
}
