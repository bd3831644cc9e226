// @ts-check

/**
 * A color that is easy to tell from those in use: of many clear colors the one farthest from them.
 *
 * @param {string[]} used each "#rrggbb"
 * @returns {string} "#rrggbb"
 */
export function distinctColor(used) {
  const taken = used.map(perceived);
  let best = "";
  let farthest = -1;
  for (const color of candidates()) {
    const [l, a, b] = perceived(color);
    let nearest = Infinity;
    for (const [l2, a2, b2] of taken) {
      nearest = Math.min(nearest, (l - l2) ** 2 + (a - a2) ** 2 + (b - b2) ** 2);
    }
    if (nearest > farthest) [best, farthest] = [color, nearest];
  }
  return best;
}

/** @returns {string[]} more than 255 different colors, none so dark that it could pass for void */
function candidates() {
  const colors = [];
  for (const [saturation, value] of [
    [0.55, 0.9],
    [0.85, 0.95],
    [0.8, 0.6],
    [0.3, 0.95],
    [0.4, 0.65],
    [0.65, 0.75],
  ]) {
    // From the blue that the pack's first color has elsewhere, all around.
    for (let i = 0; i < 48; i++) colors.push(fromHsv((0.58 + i / 48) % 1, saturation, value));
  }
  return colors;
}

/**
 * @param {number} hue 0..1
 * @param {number} saturation 0..1
 * @param {number} value 0..1
 * @returns {string} "#rrggbb"
 */
function fromHsv(hue, saturation, value) {
  const channel = (/** @type {number} */ offset) => {
    const k = (offset + 6 * hue) % 6;
    const light = value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
    return Math.round(255 * light).toString(16).padStart(2, "0");
  };
  return `#${channel(5)}${channel(3)}${channel(1)}`;
}

/**
 * Oklab (Ottosson 2020), in which distances are about as large as they look.
 *
 * @param {string} color "#rrggbb"
 * @returns {number[]} lightness 0..1, green to red, blue to yellow
 */
function perceived(color) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
