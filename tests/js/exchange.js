// Reads a JSON list of painter values on stdin. Writes, for each, what the painter read, and the
// value that it makes of that; or the message with which it refused.

import { text } from "node:stream/consumers";

import { readValue } from "../../js/painter/read_value.js";
import { writeValue } from "../../js/painter/write_value.js";

/** @param {string} value */
async function exchanged(value) {
  try {
    const drawing = await readValue(value);
    if (!drawing) return { drawing: null, value: await writeValue(drawing) };
    const { map, classes } = drawing;
    const { width, height } = map;
    const indices = Buffer.from(map.data).toString("base64");
    const numbered = classes.entries.map((entry) => {
      return { ...entry, number: classes.number(entry.index) };
    });
    return {
      drawing: { width, height, indices, classes: numbered },
      value: await writeValue(drawing),
    };
  } catch (error) {
    return { error: error.message };
  }
}

const answers = [];
for (const value of JSON.parse(await text(process.stdin))) answers.push(await exchanged(value));
process.stdout.write(JSON.stringify(answers));
