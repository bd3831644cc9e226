import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";

import { crc32 } from "../../../js/painter/crc32.js";
import { Random } from "../helpers.js";

test("it has the value that the standard gives for checking", () => {
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
});

test("of nothing it is 0", () => {
  assert.equal(crc32(new Uint8Array(0)), 0);
});

test("it is that of zlib", () => {
  const random = new Random(11);
  for (let length = 1; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    assert.equal(crc32(bytes), zlib.crc32(bytes));
  }
});
