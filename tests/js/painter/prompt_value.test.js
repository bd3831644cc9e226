import assert from "node:assert/strict";
import { test } from "node:test";

import { promptValue } from "../../../js/painter/prompt_value.js";

const entry = (index, hidden = false) => ({ index, name: `class ${index}`, hidden });
const valueOf = (...classes) => JSON.stringify({ version: 2, classes, png: "" }, null, 1);

test("what is hidden, and the order of the rows, do not reach the server", () => {
  const plain = JSON.parse(promptValue(valueOf(entry(1), entry(2), entry(3))));
  for (const value of [
    valueOf(entry(1), entry(2, true), entry(3)),
    valueOf(entry(3), entry(1), entry(2)),
    valueOf(entry(3, true), entry(2, true), entry(1)),
  ]) {
    assert.deepEqual(JSON.parse(promptValue(value)), plain);
  }
});

test("a value without either is sent as it is, letter for letter", () => {
  for (const value of ["", "{'", "[]", "null", valueOf(), valueOf(entry(1), entry(4))]) {
    assert.equal(promptValue(value), value);
  }
});

test("what is no drawing is sent as it is, for the server to say what is wrong", () => {
  for (const classes of [{}, [null], [entry("1")], [entry(1.5), entry(1)]]) {
    const value = JSON.stringify({ version: 1, classes });
    assert.equal(promptValue(value), value);
  }
});
