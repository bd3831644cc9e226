// @ts-check

/**
 * Gives a node a widget that shows an element of ours.
 *
 * @param {any} node
 * @param {string} name
 * @param {string} type none of the host's, which would show its own
 * @param {HTMLElement} element
 * @param {Record<string, unknown>} options of the host's DOM widgets
 * @returns {any} the widget
 */
export function addView(node, name, type, element, options) {
  const widget = node.addDOMWidget(name, type, element, {
    // It is still of use when the text on nodes is not.
    hideOnZoom: false,
    // The panel at the side would draw a text field, and give the widget the panel's width.
    hideInPanel: true,
    // Without this the host adds a socket, whatever the node says.
    socketless: true,
    ...options,
  });
  // The same for front ends without hideInPanel.
  Object.defineProperty(widget, "width", { get() {}, set() {}, configurable: true });
  return widget;
}
