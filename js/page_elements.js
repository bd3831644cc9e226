// @ts-check

import { chain } from "./chain.js";

/**
 * What is known of a node's element. Nothing here may hold on to one, as it may be large.
 *
 * @typedef {object} Entry
 * @property {WeakRef<HTMLElement>} element the latest
 * @property {HTMLElement | null} stale an older one that the page may still show
 */

/**
 * Which element belongs to which node.
 *
 * The host's undo makes all nodes anew. The new element of a node must take the place of the one
 * before in Nodes 2.0, which sees the same node and keeps the old element.
 */
export class PageElements {
  /** @type {Map<string, Entry>} by node */
  #entries = new Map();

  /**
   * @param {any} node
   * @param {HTMLElement} element the node has no other
   */
  follow(node, element) {
    // Known only then: before, the node has no number.
    chain(node, "onAdded", () => this.#claim(`${node.graph?.id}:${node.id}`, element));
    chain(node, "onConfigure", () => requestAnimationFrame(() => this.refresh()));
  }

  /** Puts elements where the page still shows their predecessors. */
  refresh() {
    for (const entry of this.#entries.values()) {
      const element = entry.element.deref();
      const { stale } = entry;
      entry.stale = null;
      if (!element || element.isConnected || !stale?.isConnected) continue;
      // The classic canvas makes and removes elements by itself.
      if (!stale.closest(".dom-widget")) stale.replaceWith(element);
    }
  }

  /**
   * @param {string} key of the node, the same for its successors
   * @param {HTMLElement} element
   */
  #claim(key, element) {
    const before = this.#entries.get(key);
    const old = before?.element.deref();
    if (old === element) return;
    const stale = before?.stale?.isConnected ? before.stale : (old ?? null);
    this.#entries.set(key, { element: new WeakRef(element), stale });
  }
}
