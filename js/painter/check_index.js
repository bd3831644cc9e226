// @ts-check

/**
 * Refuses what a map's byte would silently turn into another class.
 *
 * @param {number} index
 */
export function checkIndex(index) {
  if (!Number.isInteger(index) || index < 0 || index > 255) {
    throw new RangeError(`index: ${index}; a class has a whole number of 1 to 255, 0 erases`);
  }
}
