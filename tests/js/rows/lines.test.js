import assert from "node:assert/strict";
import { test } from "node:test";

import { asValue, readEntry } from "../../../js/rows/lines.js";

test("a line is cut into its parts, which together are the line", () => {
  const entry = readEntry("  sky\u3000＝ blue = dark // mine");
  assert.deepEqual(entry, {
    key: "sky",
    value: "blue = dark",
    head: "  sky\u3000＝",
    comment: "// mine",
  });
});

test("a line without an equals sign before its comment is none of a class", () => {
  for (const line of ["", "sky", "// sky = blue", "sky // = blue", "sky：blue"]) {
    assert.equal(readEntry(line).key, "", line);
  }
});

test("white space before a comment is that of Python", () => {
  for (const space of ["\x1c", "\x85", "\u3000", "\t"]) {
    assert.equal(readEntry(`a = b${space}//c`).value, "b");
  }
  assert.equal(readEntry("a = b\ufeff//c").value, "b\ufeff//c");
});

test("a value is one line without a comment", () => {
  assert.equal(asValue(" a\nb // c"), "a b");
});
