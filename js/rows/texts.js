// @ts-check

/** Everything that the rows say, in one place so that it can be translated. */
export const TEXTS = Object.freeze({
  rows: "Words of the classes",
  unknown:
    "A row for each class appears here once the layout is known: connect a Layout Painter, or " +
    "run the workflow once.",
  nothing: "The layout shows no class yet.",
  readOnly: "class_prompts comes from another node; change the words there.",
  words: (/** @type {string} */ name) => `Words of ${name}`,
  wordless: "no words: left to the rest of the prompt",
  /** @param {string} name @param {number} id @param {number} coverage 0..1 */
  about: (name, id, coverage) =>
    `${name} · number ${id} · ${coverage < 0.001 ? "<0.1" : (100 * coverage).toFixed(1)} %`,
  /** @param {number} used @param {number} length @param {number} chunks */
  tokens: (used, length, chunks) =>
    chunks > 1 ? `${used} tokens: ${chunks} × ${length}` : `${used} of ${length} tokens`,
  tokensTitle:
    "Tokens of the whole prompt, with one at the begin and one at the end of each part. A text " +
    "encoder reads 77 at a time; longer prompts are encoded in parts, which do not know of each " +
    "other.",
});
