// @ts-check

/** @typedef {{width: number, height: number}} Size */
/** @typedef {Record<string, {class_type: string, inputs: Record<string, any>}>} Prompt in API form */

/** Inputs that hand a latent on. */
const LATENTS = ["latent_image", "latent", "samples"];

/**
 * The size of the empty latent that meets a layout in a sampler.
 *
 * @param {Prompt} prompt the graph as it would run, in API form
 * @param {string} painter the node that the layout comes from
 * @returns {Size | null} in pixels of the picture; null where no empty latent is found
 */
export function latentSize(prompt, painter) {
  const passed = new Set([painter]);
  // The nearest sampler first.
  for (const node of passed) {
    const size = node === painter ? null : emptyLatent(prompt, node);
    if (size) return size;
    for (const [name, { inputs }] of Object.entries(prompt)) {
      if (Object.values(inputs).some((value) => isLink(value) && value[0] === node)) {
        passed.add(name);
      }
    }
  }
  return null;
}

/**
 * @param {Prompt} prompt
 * @param {string} node
 * @param {Set<string>} [passed]
 * @returns {Size | null} of the latent that the node is given
 */
function emptyLatent(prompt, node, passed = new Set()) {
  if (passed.has(node)) return null;
  passed.add(node);
  for (const name of LATENTS) {
    const link = prompt[node]?.inputs[name];
    if (!isLink(link)) continue;
    const source = prompt[link[0]];
    if (!source) continue;
    const found = isEmptyLatent(source) ? sizeOf(prompt, source) : null;
    const size = found ?? emptyLatent(prompt, link[0], passed);
    if (size) return size;
  }
  return null;
}

/** @param {Prompt[string]} node */
function isEmptyLatent({ inputs }) {
  return "width" in inputs && "height" in inputs && !LATENTS.some((name) => name in inputs);
}

/**
 * @param {Prompt} prompt
 * @param {Prompt[string]} node
 * @returns {Size | null}
 */
function sizeOf(prompt, { inputs }) {
  const [width, height] = ["width", "height"].map((name) => {
    const value = inputs[name];
    // A node that gives a number calls it so.
    return isLink(value) ? prompt[value[0]]?.inputs.value : value;
  });
  return Number.isInteger(width) && Number.isInteger(height) ? { width, height } : null;
}

/** @param {unknown} value */
function isLink(value) {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string";
}
