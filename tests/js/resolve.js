// Reads JSON on stdin: classes, keys of lines, a text and edits of rows. Writes which classes the
// keys mean, the words that the text has, and the text after the edits.

import { text as read } from "node:stream/consumers";

import { readClasses } from "../../js/layout_class.js";
import { findClass } from "../../js/rows/find_class.js";
import { readWords, writeWords } from "../../js/rows/prompt_text.js";

const { rows, keys, text, edits } = JSON.parse(await read(process.stdin));
const classes = readClasses(rows);
const byId = (id) => classes.find((entry) => entry.id === id);
const answer = {
  found: keys.map((key) => findClass(classes, key)?.id ?? null),
  written: edits.reduce((all, [id, words]) => writeWords(all, classes, byId(id), words), text),
  words: Object.fromEntries(readWords(text, classes)),
};
process.stdout.write(JSON.stringify(answer));
