import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { TokenCounter } from "../../../js/rows/token_counter.js";

/** A counter on a clock of its own; `answers` are resolved by hand. */
function counting(t) {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const asked = [];
  const answers = [];
  const shown = [];
  const counter = new TokenCounter(
    (question) => {
      asked.push(question);
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    },
    (answer) => shown.push(answer),
  );
  const pause = async () => {
    mock.timers.tick(1000);
    await settle();
  };
  return { counter, asked, answers, shown, pause };
}

async function settle() {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

test("only the last of what is typed is counted", async (t) => {
  const { counter, asked, answers, shown, pause } = counting(t);
  for (const text of ["a", "ab", "abc"]) counter.ask(text);
  await pause();
  counter.ask("abc");
  await pause();
  assert.deepEqual(asked, ["abc"]);
  answers[0].resolve({ tokens: [3, 77, 1] });
  await settle();
  assert.deepEqual(shown, [{ tokens: [3, 77, 1] }]);
});

test("an answer that comes too late is dropped", async (t) => {
  const { counter, answers, shown, pause } = counting(t);
  counter.ask("old");
  await pause();
  counter.ask("new");
  await pause();
  answers[1].resolve({ tokens: [5, 77, 1] });
  answers[0].resolve({ tokens: [4, 77, 1] });
  await settle();
  assert.deepEqual(shown, [{ tokens: [5, 77, 1] }]);
});

test("what a run has counted is not asked again", async (t) => {
  const { counter, asked, shown, pause } = counting(t);
  counter.ask("text");
  counter.tell("text", { tokens: [93, 77, 2] });
  counter.ask("text");
  await pause();
  assert.deepEqual(asked, []);
  assert.deepEqual(shown, [{ tokens: [93, 77, 2] }]);
});

test("without an answer, and without a question, nothing is shown", async (t) => {
  const { counter, answers, shown, pause } = counting(t);
  counter.ask("text");
  await pause();
  answers[0].reject(new Error("no server"));
  await settle();
  counter.ask(null);
  assert.deepEqual(shown, [{}, {}]);
});
