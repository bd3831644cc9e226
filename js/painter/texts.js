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
  usualSizes: "Usual sizes",
  latentSize: "as the empty latent",
  keepRatio: "Keep the ratio",
  otherShape: "Where the shape changes",
  fits: {
    extend: { label: "Extend", title: "Scale all of it into the new size; what is missing is void" },
    crop: { label: "Crop", title: "Scale it over the new size; what is beyond is cut off" },
    canvas: { label: "Do not scale", title: "Cut off or add void around the middle" },
    stretch: { label: "Stretch", title: "Scale width and height apart" },
  },
  resize: "Resize",
  resizeTitle: "Change the size of the drawing, without smoothing",
  badSize: (/** @type {number} */ most) => `Width and height are whole numbers of 1 to ${most}.`,
  file: "File",
  fileTitle: "Open and save maps, and show a reference picture",
  fileItems: {
    openMap: {
      label: "Open map…",
      title:
        "Replace the drawing by a map from a picture file: colors, class numbers, also blurred or " +
        "JPEG. You may also drop a file on the painter",
    },
    reference: {
      label: "Reference picture…",
      title:
        "Show a picture under the drawing to trace it. It stays in this browser's memory and is " +
        "not saved in the workflow. You may also drop it with Shift held",
    },
    dropReference: { label: "Remove reference", title: "Remove the reference from the view" },
    saveColors: {
      label: "Save as color map",
      title: "Save the drawing as a PNG of its colors; void is transparent",
    },
    saveIndex: {
      label: "Save as index map",
      title: "Save the drawing as an indexed PNG: each pixel is its class's number, void is 0",
    },
  },
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
  reorder: (/** @type {string} */ name) => `Move ${name} in the list: drag, or arrow keys`,
  remove: (/** @type {string} */ name) => `Remove ${name}; its pixels become void`,
  share: (/** @type {string} */ name) => `Share of the pixels of ${name}`,
  void: "void",
  chooseClass: "Choose a class first, or add one.",
  voidPicked: "There is no class here.",
  readingMap: (/** @type {string} */ name) => `Reading ${name} …`,
  undoBrings: "Undo brings the old drawing back.",
  /** @param {string} name @param {string} reading @param {number} count */
  imported: (name, reading, count) =>
    `${name}: ${reading}, ${count} ${count === 1 ? "class" : "classes"}`,
  blended: (/** @type {string} */ percent) => `${percent} % edge pixels given to neighbors`,
  unknown: (/** @type {string} */ percent) => `${percent} % of no known color became void`,
  readAs: "Read as",
  readings: {
    colors: "its own colors",
    ade20kColors: "ADE20K colors",
    cocoColors: "COCO-Stuff colors",
    numbers: "class numbers",
    ade20kNumbers: "ADE20K numbers",
    cocoNumbers: "COCO-Stuff numbers",
    strongest: "strongest colors",
  },
  colorCount: "How many colors",
  takeStrongest: "Take the strongest colors",
  takeStrongestTitle: "Cut the picture down to this many colors, each a class",
  useAsReference: "Use as reference",
  closeNotice: "Close this message",
  /** @param {string} name @param {number} width @param {number} height */
  referenceShown: (name, width, height) => `Reference: ${name} (${width}×${height}).`,
  referenceFailed: "The reference picture cannot be shown.",
  notPicture: (/** @type {string} */ name) =>
    `${name} cannot be read as a picture. Use a PNG, JPEG or WebP file.`,
  /** @param {number} width @param {number} height @param {number} most */
  tooLarge: (width, height, most) =>
    `The picture is ${width}×${height}; a drawing has at most ${most}×${most}. Make it smaller ` +
    "without smoothing (“nearest neighbor”).",
  tooManyPixels: (/** @type {number} */ most) =>
    `The picture has too many pixels; a drawing has at most ${most}×${most}.`,
  tooManyBytes: (/** @type {number} */ most) =>
    `The file is larger than ${most} MB. Save it as PNG, or make the picture smaller.`,
  photo: (/** @type {string} */ name) =>
    `${name} looks like a photograph, not like a map of flat colors.`,
  tooManyColors: (/** @type {number} */ count, /** @type {number} */ most) =>
    `The picture has ${count} colors; a map to paint on has at most ${most}, each a class.`,
  emptyMap: (/** @type {string} */ name) => `${name} shows no class: all of it is void.`,
  notNumbers: (/** @type {string} */ name) =>
    `${name} is a picture in color; class numbers need a gray one, or one with a color table.`,
  unknownNumber: (/** @type {number} */ value) =>
    `The map has the value ${value}, which is no class of this table. Read it in another way.`,
  mapUnread: (/** @type {string} */ name) =>
    `${name} could not be read: the server gave no answer. Restart ComfyUI and try again.`,
  numbered: (/** @type {number} */ value) => `class ${value}`,
  notSaved: "The drawing could not be stored in the workflow:",
  position: (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ name) =>
    `${x}, ${y} · ${name}`,
  /** @param {number} width @param {number} height @param {number} zoom percent */
  picture: (width, height, zoom) => `${width}×${height} · ${zoom} %`,
  /** What is wrong with a drawing, or with what was typed. */
  problems: {
    /** @param {string} name @param {number} most */
    noMoreClasses: (name, most) =>
      `${name} could not be added: a drawing has at most ${most} classes. Remove one that you do ` +
      "not need.",
    noName: "A class has no name; type one, for example “sky”.",
    /** @param {string} name @param {number} length @param {number} most */
    longName: (name, length, most) =>
      `The name ${name} has ${length} characters; shorten it to ${most} and put the rest into the ` +
      "words.",
    takenName: (/** @type {string} */ name) =>
      `${name} is on the list already. Paint with that class, or choose another name.`,
    damaged: (/** @type {string} */ what) =>
      `The drawing of this workflow is damaged. ${what} Take an older copy of the workflow, or ` +
      "clear the drawing and paint anew.",
    /** @param {number} version @param {number} known */
    newerVersion: (version, known) =>
      `The drawing of this workflow has version ${version}; this painter reads up to version ` +
      `${known}. Update the PLACE nodes.`,
    /** @param {string} version @param {number} known */
    strangeVersion: (version, known) =>
      `The drawing of this workflow has the version ${version}, which no painter wrote; versions 1 ` +
      `to ${known} can be read. Take an older copy of the workflow, or clear the drawing and paint ` +
      "anew.",
    noText: "It is no text.",
    unreadable: "It cannot be read.",
    /** @param {string} picture @param {string} drawing */
    otherSize: (picture, drawing) => `The picture is ${picture}, but the drawing ${drawing}.`,
    /** @param {string} side @param {string} value @param {number} most */
    badSide: (side, value, most) => `Its ${side} is ${value}; it must be 1 to ${most} pixels.`,
    noPicture: "Its picture is missing.",
    badPicture: "Its picture cannot be read.",
    noBase64: "Its picture is no base64.",
    /** @param {number} count @param {number} index */
    unlisted: (count, index) =>
      `${count} pixels have the index ${index}, which is not on the class list.`,
    noClassList: (/** @type {string} */ kind) =>
      `The class list is ${kind}; it must be a list of classes.`,
    /** @param {number} count @param {number} most */
    longClassList: (count, most) =>
      `The class list has ${count} classes; a drawing has at most ${most}.`,
    /** @param {number} place @param {string} what */
    entry: (place, what) => `Entry ${place} of the list: ${what}`,
    noEntry: (/** @type {string} */ kind) =>
      `it is ${kind}; it must have index, name, words, color and hidden.`,
    /** @param {string} value @param {number} most */
    badIndex: (value, most) => `its index is ${value}; it must be a whole number of 1 to ${most}.`,
    /** @param {number} index @param {string} name */
    takenIndex: (index, name) => `its index ${index} is taken by ${name}; give each class its own.`,
    /** @param {number} index @param {string} known */
    unknownIndex: (index, known) => `The class list has no class ${index}; it has ${known}.`,
    badName: (/** @type {string} */ kind) => `its name is ${kind}; it must be text.`,
    badWords: (/** @type {string} */ kind) => `its words are ${kind}; use text.`,
    badColor: (/** @type {string} */ value) =>
      `The color is ${value}; write it as #rrggbb, for example #06e6e6.`,
    badHidden: (/** @type {string} */ value) => `hidden is ${value}; it must be true or false.`,
    missing: "missing",
    list: "a list",
    type: (/** @type {string} */ name) => `of the type ${name}`,
    noPng: "The browser could not make the PNG.",
  },
};
