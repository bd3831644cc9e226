// @ts-check

/**
 * Everything that the painter says, in English until place.js translates it. That comes after the
 * modules were loaded: a text is read when it is shown.
 */
export const TEXTS = {
  painter: "Layout painter",
  keys: "Drawing area; keys: V, B, E, G, P, R, L, [ and ], 0, + and −, 1 to 9, Ctrl+Z",
  tools: {
    move:
      "Move a region (V): drag it, or its handles to scale. Ctrl: the whole class; Alt: a copy; " +
      "Shift: straight, at corners keep the ratio; arrow keys: by pixels; Delete: remove",
    brush: "Brush (B). Shift+click: straight line from the last point",
    eraser: "Eraser (E): back to void",
    fill: "Fill an area (G)",
    polygon: "Polygon (P): click the corners; double-click or Enter closes, Escape gives up",
    rectangle: "Rectangle (R). Shift: square",
    line: "Line as wide as the brush (L). Shift: steps of 45°",
  },
  fillsGap: "Fill the gap",
  fillsGapTitle: "Fill what a moved region leaves from what is around it; otherwise it is void",
  movesClass: "Whole class",
  movesClassTitle: "Move everything of the class, not only the region under the pointer (Ctrl)",
  selected: (/** @type {string} */ name) =>
    `What ${name} covers is kept until you leave it (Escape).`,
  voidPressed: "This is void, which cannot be moved. Press on a region.",
  hiddenPressed: (/** @type {string} */ name) => `${name} is hidden. Show it to move it.`,
  hiddenCovered: (/** @type {string} */ names) => `This covers hidden parts: ${names}.`,
  size: "Brush",
  sizeTitle: "Brush size in pixels of the drawing ([ and ])",
  pressure: "Pressure",
  pressureTitle: "The pressure of a pen scales the brush",
  opacity: "Opacity",
  opacityTitle: "Opacity of the drawing over the reference",
  undo: "Undo (Ctrl+Z)",
  redo: "Redo (Ctrl+Shift+Z)",
  clear: "Clear: everything becomes void; the classes stay",
  fit: "Show the whole drawing (0)",
  zoomIn: "Zoom in (+, or the wheel)",
  zoomOut: "Zoom out (−, or the wheel)",
  width: "Width in pixels",
  height: "Height in pixels",
  resize: "Resize",
  resizeTitle: "Scale the drawing to this size, without smoothing",
  badSize: (/** @type {number} */ most) => `Width and height are whole numbers of 1 to ${most}.`,
  importKind: "What the file's pixels mean",
  kinds: {
    colors: "Colors",
    numbers: "Numbers",
    ade20k: "ADE20K numbers",
    coco: "COCO-Stuff numbers",
  },
  kindTitles: {
    colors: "Every color is a class; transparent is void",
    numbers: "PNG with a color table or gray: its value is the class's number, 0 is void",
    ade20k: "Index PNG: 0 is void, 1 to 150 are the classes 0 to 149 of ADE20K",
    coco: "Index PNG: 0 to 181 are the classes of COCO-Stuff, 255 is void",
  },
  import: "Import",
  importTitle:
    "Replace the drawing by a map from a PNG, JPEG or WebP file. You may also drop a file on " +
    "the painter",
  reference: "Reference",
  referenceTitle:
    "Show a picture under the drawing to trace it. It stays in this browser's memory and is not " +
    "saved in the workflow. You may also drop it with Shift held",
  dropReference: "Remove the reference from the view",
  exportColors: "Color map",
  exportColorsTitle: "Save the drawing as a PNG of its colors; void is transparent",
  exportIndex: "Index map",
  exportIndexTitle:
    "Save the drawing as an indexed PNG: each pixel is its class's number, void is 0",
  exportedOneAbove:
    "Saved. This drawing is of an older version, whose classes count from 0: each pixel is its " +
    "class's number + 1, void is 0.",
  search: "Add a class: search or type a name",
  searchTitle: "Search ADE20K and COCO-Stuff, or type a name of your own",
  results: "Classes found",
  ownClass: (/** @type {string} */ name) => `New class “${name}”`,
  ownTable: "own",
  usedTable: "in use",
  classes: "Classes",
  noClasses: "Add a class to begin",
  example: (/** @type {string} */ name) => `Add the class ${name}`,
  pickClass: (/** @type {string} */ name) => `Paint with ${name}`,
  color: (/** @type {string} */ name) => `Color of ${name}`,
  name: (/** @type {string} */ name) => `Name of ${name}`,
  words: (/** @type {string} */ name) => `Words of ${name} in the prompt`,
  wordsHint: "words in the prompt",
  saidBy: (/** @type {string} */ title) => `written in ${title}`,
  saidDifferently: (/** @type {number} */ count) => `${count} prompt encoders say different words`,
  saidElsewhere: (/** @type {string} */ title) => `${title} gets its words from another node`,
  saidUnknown: "words of another node",
  takeBack: (/** @type {string} */ words) => `Take the words out there: “${words}” is said again`,
  hide: (/** @type {string} */ name) => `Hide ${name} here; it stays in the layout`,
  show: (/** @type {string} */ name) => `Show ${name}`,
  remove: (/** @type {string} */ name) => `Remove ${name}; its pixels become void`,
  share: (/** @type {string} */ name) => `Share of the pixels of ${name}`,
  void: "void",
  chooseClass: "Choose a class first, or add one.",
  voidPicked: "There is no class here.",
  imported: (/** @type {string} */ name, /** @type {number} */ count) =>
    `${name}: ${count} ${count === 1 ? "class" : "classes"}. Undo brings the old drawing back.`,
  /** @param {string} name @param {number} width @param {number} height */
  referenceShown: (name, width, height) => `Reference: ${name} (${width}×${height}).`,
  referenceFailed: "The reference picture cannot be shown.",
  notPicture: (/** @type {string} */ name) =>
    `${name} cannot be read as a picture. Use a PNG, JPEG or WebP file.`,
  /** @param {number} width @param {number} height @param {number} most */
  tooLarge: (width, height, most) =>
    `The picture is ${width}×${height}; a drawing has at most ${most}×${most}. Make it smaller ` +
    "without smoothing (“nearest neighbor”).",
  tracing: "To paint over a photo, load it as reference.",
  unknownNumber: (/** @type {number} */ value, /** @type {string} */ table) =>
    `The map has the value ${value}, which is no class of ${table}. Choose another meaning of ` +
    "its numbers.",
  tooManyClasses: "The map has more than 255 classes.",
  numbered: (/** @type {number} */ value) => `class ${value}`,
  notSaved: "The drawing could not be stored in the workflow:",
  position: (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ name) =>
    `${x}, ${y} · ${name}`,
  /** @param {number} width @param {number} height @param {number} zoom percent */
  picture: (width, height, zoom) => `${width}×${height} · ${zoom} %`,
};
