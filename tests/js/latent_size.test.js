import assert from "node:assert/strict";
import { test } from "node:test";

import { latentSize } from "../../js/latent_size.js";

const PAINTER = { class_type: "PLACELayoutPainter", inputs: { drawing: "" } };
const ENCODER = { class_type: "PLACEPromptEncoder", inputs: { layout: ["1", 0] } };
const EMPTY = { class_type: "EmptyLatentImage", inputs: { width: 768, height: 512, batch_size: 1 } };
const sampler = (latent, positive = ["2", 0]) => ({
  class_type: "KSampler",
  inputs: { positive, latent_image: latent },
});

test("the empty latent of the sampler that the layout reaches", () => {
  const prompt = { 1: PAINTER, 2: ENCODER, 3: EMPTY, 4: sampler(["3", 0]) };
  assert.deepEqual(latentSize(prompt, "1"), { width: 768, height: 512 });
});

test("through nodes that hand the latent on, and of the first of two passes", () => {
  const prompt = {
    1: PAINTER,
    2: ENCODER,
    3: EMPTY,
    4: { class_type: "RepeatLatentBatch", inputs: { samples: ["3", 0], amount: 2 } },
    5: sampler(["4", 0]),
    6: { class_type: "LatentUpscale", inputs: { samples: ["5", 0], width: 2048, height: 2048 } },
    7: sampler(["6", 0]),
  };
  assert.deepEqual(latentSize(prompt, "1"), { width: 768, height: 512 });
});

test("inside of a subgraph, and where numbers come from other nodes", () => {
  const prompt = {
    "9:1": PAINTER,
    2: { ...ENCODER, inputs: { layout: ["9:1", 0] } },
    3: { class_type: "EmptySD3LatentImage", inputs: { width: ["8", 0], height: 640 } },
    4: sampler(["3", 0]),
    8: { class_type: "PrimitiveInt", inputs: { value: 960 } },
  };
  assert.deepEqual(latentSize(prompt, "9:1"), { width: 960, height: 640 });
});

test("nothing is offered where there is none", () => {
  const encoded = { class_type: "VAEEncode", inputs: { pixels: ["7", 0] } };
  for (const prompt of [
    {},
    { 1: PAINTER },
    { 1: PAINTER, 2: ENCODER, 3: EMPTY },
    { 1: PAINTER, 2: ENCODER, 3: encoded, 4: sampler(["3", 0]) },
    { 1: PAINTER, 2: ENCODER, 3: EMPTY, 4: sampler(["3", 0], ["5", 0]) },
    { 1: PAINTER, 2: ENCODER, 4: sampler(["99", 0]) },
    // A circle.
    { 1: PAINTER, 2: ENCODER, 4: sampler(["5", 0]), 5: sampler(["4", 0]) },
  ]) {
    assert.equal(latentSize(prompt, "1"), null);
  }
});
