// @ts-check

/**
 * The value of a drawing as the server gets it: without what is a matter of the view only, so that
 * it does nothing anew because rows were put in another order, or a class was hidden.
 *
 * @param {string} value what the workflow holds
 * @returns {string} the same where there is nothing to leave out, or where it is no drawing
 */
export function promptValue(value) {
  let content;
  try {
    content = JSON.parse(value);
  } catch {
    return value;
  }
  const classes = content?.classes;
  if (!Array.isArray(classes) || !classes.every((entry) => Number.isInteger(entry?.index))) {
    return value;
  }
  const isPlain = classes.every(({ index, hidden }, i) => {
    return hidden !== true && (i === 0 || classes[i - 1].index < index);
  });
  if (isPlain) return value;
  const plain = classes
    .map((entry) => (entry.hidden === true ? { ...entry, hidden: false } : entry))
    .sort((a, b) => a.index - b.index);
  return JSON.stringify({ ...content, classes: plain });
}
