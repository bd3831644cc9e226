// @ts-check

/**
 * Everything that the rows say, in English until place.js translates it. That comes after the
 * modules were loaded: a text is read when it is shown.
 */
export const TEXTS = {
  rows: "Words of the classes",
  unknown:
    "A row for each class appears here once the layout is known: connect a Layout Painter, or " +
    "run the workflow once.",
  nothing: "The layout shows no class yet.",
  readOnly: "class_prompts comes from another node; change the words there.",
  words: (/** @type {string} */ name) => `Words of ${name}`,
  wordless: "no words: left to the rest of the prompt",
  /** @param {string} name @param {string} percent */
  about: (name, percent) => `${name} · ${percent} %`,
  /** @param {number} used @param {number} length */
  tokens: (used, length) => `${used} of ${length} tokens`,
  /** @param {number} used @param {number} chunks @param {number} length */
  tokensInParts: (used, chunks, length) => `${used} tokens: ${chunks} × ${length}`,
  tokensTitle:
    "Tokens of the whole prompt, with one at the start and one at the end of each part. A text " +
    "encoder reads 77 at a time; longer prompts are encoded in parts, which do not know of each " +
    "other.",
};
