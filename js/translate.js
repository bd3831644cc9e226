// @ts-check

/**
 * Puts texts into another language.
 *
 * @param {Record<string, any>} texts strings, functions that make them, and groups of both
 * @param {unknown} messages by the names of the texts; what has no message stays as it is. The
 *   message of a text that takes values has their places in it: {0}, {1} and so on
 */
export function translate(texts, messages) {
  if (typeof messages !== "object" || messages === null) return;
  for (const [name, message] of Object.entries(messages)) {
    const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (typeof text === "object") translate(text, message);
    else if (typeof message !== "string") continue;
    else if (typeof text === "string") texts[name] = message;
    else if (text) texts[name] = (/** @type {unknown[]} */ ...values) => fill(message, values);
  }
}

/**
 * @param {string} message
 * @param {unknown[]} values
 */
function fill(message, values) {
  return message.replace(/\{(\d)\}/g, (_, number) => String(values[Number(number)]));
}
