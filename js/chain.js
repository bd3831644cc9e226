// @ts-check

/**
 * Adds to what an object of the host does, where replacing it would lose what the host put there.
 *
 * @param {any} object a node or a widget
 * @param {string} name of the function
 * @param {(...args: any[]) => void} after
 */
export function chain(object, name, after) {
  const before = object[name];
  object[name] = function (/** @type {any[]} */ ...args) {
    const result = before?.apply(this, args);
    after(...args);
    return result;
  };
}
