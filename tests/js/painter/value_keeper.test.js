import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ValueKeeper } from "../../../js/painter/value_keeper.js";

/** A promise, with what settles it. */
function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

/** Until timers without a delay, and what follows from them, have run. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

/** @type {ReturnType<typeof deferred>[]} packings begun, each to be settled by the test */
let packings;
/** @type {string[]} */
let published;
/** @type {unknown[]} */
let failures;
/** @type {ValueKeeper} */
let keeper;

beforeEach(() => {
  packings = [];
  published = [];
  failures = [];
  keeper = new ValueKeeper(
    () => 0,
    () => {
      packings.push(deferred());
      return packings.at(-1).promise;
    },
    (value) => published.push(value),
    (error) => failures.push(error),
  );
});

test("a text that was set stays as it is until the first edit", async () => {
  assert.equal(keeper.value, "");
  const value = { any: "thing" };
  keeper.set(value);
  assert.equal(keeper.value, value);
  assert.ok(keeper.isCurrent);
  await keeper.settled();
  assert.deepEqual([packings.length, published], [0, []]);
});

test("an edit is packed and published", async () => {
  keeper.set("old");
  keeper.edited();
  assert.ok(!keeper.isCurrent);
  await moment();
  assert.equal(keeper.value, "old");
  packings[0].resolve("new");
  await keeper.settled();
  assert.equal(keeper.value, "new");
  assert.ok(keeper.isCurrent);
  assert.deepEqual(published, ["new"]);
});

test("the value is there before it is published", async () => {
  let seen;
  keeper = new ValueKeeper(
    () => 0,
    async () => "new",
    () => (seen = keeper.value),
    assert.fail,
  );
  keeper.edited();
  await keeper.settled();
  assert.equal(seen, "new");
});

test("edits before packing begins go into one text", async () => {
  for (let i = 0; i < 3; i++) keeper.edited();
  await moment();
  packings[0].resolve("all");
  await keeper.settled();
  assert.deepEqual(published, ["all"]);
});

test("edits while packing go into the next text, one after another", async () => {
  keeper.edited();
  await moment();
  keeper.edited();
  keeper.edited();
  await moment();
  assert.equal(packings.length, 1);
  packings[0].resolve("first");
  await moment();
  assert.ok(!keeper.isCurrent);
  packings[1].resolve("second");
  await keeper.settled();
  assert.deepEqual(published, ["first", "second"]);
  assert.equal(packings.length, 2);
});

test("an edit by who is told of the text is packed too", async () => {
  const texts = ["first", "second"];
  keeper = new ValueKeeper(
    () => 0,
    async () => texts.shift(),
    (value) => {
      published.push(value);
      if (value === "first") keeper.edited();
    },
    assert.fail,
  );
  keeper.edited();
  await keeper.settled();
  assert.deepEqual(published, ["first", "second"]);
});

test("a text that is set before packing begins drops the edit", async () => {
  keeper.edited();
  keeper.set("loaded");
  await keeper.settled();
  assert.equal(packings.length, 0);
  assert.equal(keeper.value, "loaded");
});

test("a text that is set while packing is not overwritten by the drawing before", async () => {
  keeper.edited();
  await moment();
  keeper.set("loaded");
  packings[0].resolve("late");
  await keeper.settled();
  assert.equal(keeper.value, "loaded");
  assert.deepEqual(published, []);
});

test("an edit of a text that was set while packing is packed", async () => {
  keeper.edited();
  await moment();
  keeper.set("loaded");
  keeper.edited();
  packings[0].resolve("late");
  await moment();
  packings[1].resolve("edited");
  await keeper.settled();
  assert.deepEqual(published, ["edited"]);
  assert.equal(keeper.value, "edited");
});

test("a drawing that cannot be packed is told, keeps the text, and later edits go on", async () => {
  keeper.set("old");
  keeper.edited();
  await moment();
  packings[0].reject(new Error("no room"));
  await keeper.settled();
  assert.deepEqual(
    failures.map(({ message }) => message),
    ["no room"],
  );
  assert.equal(keeper.value, "old");

  keeper.edited();
  await moment();
  packings[1].resolve("new");
  await keeper.settled();
  assert.equal(keeper.value, "new");
});

test("a failure of a drawing that is no longer shown is not told", async () => {
  keeper.edited();
  await moment();
  keeper.set("loaded");
  packings[0].reject(new Error("no room"));
  await keeper.settled();
  assert.deepEqual(failures, []);
});

test("waiting waits for what is edited meanwhile too", async () => {
  keeper.edited();
  await moment();
  const waiting = keeper.settled().then(() => keeper.value);
  keeper.edited();
  packings[0].resolve("first");
  await moment();
  packings[1].resolve("second");
  assert.equal(await waiting, "second");
});

test("a pause before packing is asked for each time", async () => {
  let pauses = 0;
  keeper = new ValueKeeper(
    () => (pauses++, 0),
    async () => "text",
    () => {},
    assert.fail,
  );
  for (let i = 0; i < 3; i++) {
    keeper.edited();
    await keeper.settled();
  }
  assert.equal(pauses, 3);
});
