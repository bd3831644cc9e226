// @ts-check

/** @typedef {import("../hub.js").Speaker} Speaker */
/** @typedef {import("../layout_class.js").LayoutClass} LayoutClass */

/**
 * What a run will say of a class that has other words elsewhere than in the painter.
 *
 * @typedef {object} Said
 * @property {"same" | "different" | "unknown"} kind whether all prompt encoders say the same, or
 *   one of them gets words from another node and none has any of its own
 * @property {string} words what is said; of different words, all of them
 * @property {{title: string, words: string | null}[]} by each of them; null where another node
 *   gives the words
 * @property {(words: string) => void} write gives the class other words where it has some there;
 *   "" takes them out
 */

const BETWEEN = " · ";

/**
 * @param {Speaker[]} speakers of the layout
 * @param {Pick<LayoutClass, "id" | "words">} entry a class of it
 * @returns {Said | null} null where its words in the painter are what is said
 */
export function saidOf(speakers, { id, words: own }) {
  const others = speakers.filter(({ words }) => words?.get(id));
  const known = speakers.every(({ words }) => words);
  if (others.length === 0 && known) return null;
  const by = speakers.map(({ title, words }) => {
    return { title, words: words && (words.get(id) || own) };
  });
  const said = [...new Set(by.map(({ words }) => words ?? "…"))];
  const same = known && said.length === 1 ? "same" : "different";
  return {
    kind: others.length > 0 ? same : "unknown",
    words: said.join(BETWEEN),
    by,
    write: (words) => {
      for (const speaker of others) speaker.write(id, words);
    },
  };
}
