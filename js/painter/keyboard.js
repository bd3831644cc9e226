// @ts-check

/** @typedef {import("./settings.js").ToolName} ToolName */

/**
 * @typedef {object} Actions what keys do
 * @property {(tool: ToolName) => void} choose
 * @property {(direction: number) => void} stepSize
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} fit
 * @property {(factor: number) => void} zoom
 * @property {(number: number) => boolean} pickClass whether there is a class of this number
 * @property {(key: string, shift: boolean) => boolean} tool offers a key to the tool in use
 * @property {(pans: boolean) => void} hold Space was pressed or released
 */

/** @type {Record<string, ToolName>} */
const TOOLS = {
  v: "move",
  b: "brush",
  e: "eraser",
  g: "fill",
  p: "polygon",
  r: "rectangle",
  l: "line",
};

/**
 * The painter's shortcuts, while it has the focus.
 *
 * @param {HTMLElement} root
 * @param {Actions} actions
 */
export function listenToKeys(root, actions) {
  root.addEventListener("keydown", (event) => {
    const used = !isTyping(event.target) && press(event, actions);
    if (used) event.preventDefault();
    // Plain keys are meant for the painter even where it has no use for them: the graph must not
    // delete the node or reload its definitions because a letter was missed. The rest is for it.
    const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape");
    if (used || plain) event.stopPropagation();
  });
  root.addEventListener("keyup", (event) => {
    if (event.key === " ") actions.hold(false);
  });
  root.addEventListener("focusout", () => actions.hold(false));
}

/**
 * @param {KeyboardEvent} event
 * @param {Actions} actions
 * @returns {boolean} whether the key was used
 */
function press(event, actions) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return !event.altKey && command(event, key, actions);
  if (event.altKey) return false;
  if (key === " ") return holdSpace(event, actions);
  if (!isControls(event) && actions.tool(event.key, event.shiftKey)) return true;
  if (Object.hasOwn(TOOLS, key)) actions.choose(TOOLS[key]);
  else if (key === "[" || key === "]") actions.stepSize(key === "]" ? 1 : -1);
  else if (key === "+" || key === "=") actions.zoom(1.25);
  else if (key === "-" || key === "−") actions.zoom(1 / 1.25);
  else if (/^[0-9]$/.test(key)) pickClass(Number(key), actions);
  else return false;
  return true;
}

/**
 * @param {number} number
 * @param {Actions} actions
 */
function pickClass(number, actions) {
  // Only old drawings have a class 0.
  if (!actions.pickClass(number) && number === 0) actions.fit();
}

/**
 * @param {KeyboardEvent} event
 * @param {string} key lower case
 * @param {Actions} actions
 */
function command(event, key, actions) {
  // The host undoes too unless an input has the focus, and cannot be stopped.
  if (!(event.target instanceof HTMLInputElement)) return false;
  if (key === "z" && !event.shiftKey) actions.undo();
  else if (key === "y" || key === "z") actions.redo();
  else return false;
  return true;
}

/**
 * @param {KeyboardEvent} event
 * @param {Actions} actions
 */
function holdSpace(event, actions) {
  if (isControl(event.target)) return false;
  actions.hold(true);
  return true;
}

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the control that has the focus has a use for the key
 */
function isControls({ target, key }) {
  if (key === "Enter") return isControl(target);
  return key.startsWith("Arrow") && target instanceof HTMLInputElement && target.type === "range";
}

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether Space and Enter press it
 */
function isControl(target) {
  if (target instanceof HTMLInputElement) return ["checkbox", "color"].includes(target.type);
  return target instanceof HTMLButtonElement;
}

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether keys are text there, or choose from a list
 */
function isTyping(target) {
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  if (target.classList.contains("place-painter-sink")) return false;
  return !["range", "checkbox", "color"].includes(target.type);
}
