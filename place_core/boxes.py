"""Layouts from bounding boxes, and bounding boxes of layouts.

ComfyUI knows boxes in two forms. A *bounding box* is ``{"x", "y", "width", "height"}`` in pixels,
with a ``label`` and a ``score`` where a detector made it. An *element*, which models that read
boxes as text are given, is ``{"type", "bbox": [ymin, xmin, ymax, xmax], "desc", "color_palette"}``
on a grid of 1000 by 1000, whatever the picture's size. A list of boxes is one map, a list of such
lists is a batch.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .layout import VOID, Layout, LayoutClass
from .layout_readers import OVERLAP_RULES, free_color
from .quoting import cut, quoted

MOST_BOXES = 1000
"""In one map; a detector finds hundreds at most."""
LARGEST_TEXT = 2_000_000
"""Letters of JSON: a thousand boxes with long descriptions."""
LARGEST_BATCH = 1 << 30
"""Pixels of all maps together: 64 of 4096×4096, 2 GiB."""
REGIONS = ("each region", "each class")
GRID = 1000

Color = tuple[int, int, int]
_SIDES = ("x", "y", "width", "height")
_COLOR = re.compile(r"#([0-9a-f]{6})", re.IGNORECASE)
_FENCE = re.compile(r"^```\w*\s*\n(.*?)\n\s*```$", re.DOTALL)


@dataclass(frozen=True)
class Box:
    """A rectangle with a name.

    Attributes:
        left, top, right, bottom: borders in pixels, not rounded; the second ones lie outside.
        name: of its class; empty where the source has none.
        words: what the model is told.
        color: RGB in 0..255, None where the source has none.
        score: a detector's certainty; 1 where there is none.
    """

    left: float
    top: float
    right: float
    bottom: float
    name: str
    words: str
    color: Color | None
    score: float


# --- Reading --------------------------------------------------------------------------------------


def read_boxes(source: Any, width: int, height: int) -> tuple[list[list[Box]], str]:
    """Boxes of each map, and the words for what no box covers.

    Args:
        source: a box or an element, a list of them, a list of lists; an object with the key
            ``elements``, such as the prompts that these models are given; or JSON of any of them.
        width, height: of the picture that the boxes belong to, in pixels.

    Raises:
        ValueError: anything else, no box at all, or more than ``MOST_BOXES`` in a map; the
            message has the number of the box.
    """
    data = _parsed(source) if isinstance(source, str) else source
    background = ""
    if isinstance(data, dict):
        inner = data.get("compositional_deconstruction", data)
        if isinstance(inner, dict) and "elements" in inner:
            background = _first_text(inner, "background")
            data = inner["elements"]
        else:
            data = [data]
    if not isinstance(data, list):
        raise ValueError(f"boxes: expected boxes, elements or JSON of them, got {quoted(data)}")
    batch = data if data and all(isinstance(boxes, list) for boxes in data) else [data]
    for number, boxes in enumerate(batch, start=1):
        if len(boxes) > MOST_BOXES:
            of_map = f" of map {number}" if len(batch) > 1 else ""
            raise ValueError(f"boxes: {len(boxes)} boxes{of_map}; at most {MOST_BOXES} are taken")
    if not any(batch):
        raise ValueError("boxes: there is none. Draw one, or connect a node that finds some.")
    found = [
        [
            _box(box, f"box {i}" + f" of map {number}" * (len(batch) > 1), (width, height))
            for i, box in enumerate(boxes, start=1)
        ]
        for number, boxes in enumerate(batch, start=1)
    ]
    return found, background


def _parsed(text: str) -> Any:
    if len(text) > LARGEST_TEXT:
        raise ValueError(f"boxes: {len(text)} letters of JSON; at most {LARGEST_TEXT} are read")
    text = text.strip()
    if not text:
        raise ValueError("boxes: empty. Connect boxes, or write them as JSON.")
    if fenced := _FENCE.match(text):
        text = fenced[1]
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"boxes: no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or thousands of nested brackets.
        raise ValueError("boxes: this JSON is no list of boxes") from error


def _box(box: Any, where: str, size: tuple[int, int]) -> Box:
    if not isinstance(box, dict):
        raise ValueError(f"boxes, {where}: {quoted(box)} is no box. {_FORMS}")
    if "bbox" in box:
        y1, x1, y2, x2 = _numbers(box["bbox"], where, box)
        x1, x2, y1, y2 = (
            value * side / GRID
            for value, side in ((x1, size[0]), (x2, size[0]), (y1, size[1]), (y2, size[1]))
        )
    else:
        x1, y1, w, h = _numbers([box.get(side) for side in _SIDES], where, box)
        x2, y2 = x1 + w, y1 + h
    more = box.get("metadata")
    more = {**box, **more} if isinstance(more, dict) else box
    described = _first_text(more, "desc", "text")
    return Box(
        left=min(x1, x2),
        top=min(y1, y2),
        right=max(x1, x2),
        bottom=max(y1, y2),
        name=_first_text(more, "label", "desc", "text"),
        words=described or _first_text(more, "label"),
        color=_first_color(more.get("palette") or more.get("color_palette")),
        score=float(box["score"]) if _is_number(box.get("score")) else 1.0,
    )


_FORMS = (
    'A box has "x", "y", "width" and "height" in pixels; an element has '
    '"bbox": [ymin, xmin, ymax, xmax] of 0 to 1000.'
)


def _numbers(values: Any, where: str, box: dict) -> list[float]:
    if not isinstance(values, list | tuple) or len(values) != 4 or not all(map(_is_number, values)):
        raise ValueError(f"boxes, {where}: {quoted(box)} has not its four numbers. {_FORMS}")
    return [float(value) for value in values]


def _is_number(value: Any) -> bool:
    """A finite one that is no bool; of any size that pictures have."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e9
        and math.isfinite(value)
    )


def _first_text(box: dict, *keys: str) -> str:
    """The first of these that says something, on one line."""
    texts = (" ".join(box[key].split()) for key in keys if isinstance(box.get(key), str))
    return next(filter(None, texts), "")


def _first_color(colors: Any) -> Color | None:
    first = colors[0] if isinstance(colors, list | tuple) and colors else None
    match = _COLOR.fullmatch(first) if isinstance(first, str) else None
    return tuple(bytes.fromhex(match[1])) if match else None


# --- To a layout ----------------------------------------------------------------------------------


def layout_from_boxes(
    batch: Sequence[Sequence[Box]],
    width: int,
    height: int,
    names: Sequence[str] = (),
    background: str = "",
    overlap: str = OVERLAP_RULES[0],
) -> Layout:
    """A layout of boxes; the borders are rounded to whole pixels.

    Args:
        batch: the boxes of each map, see :func:`read_boxes`.
        width, height: of the maps, in pixels.
        names: one for each box, in order, the same for all maps; an empty or missing one leaves
            what the box itself says, else ``region 1``, ``region 2`` …, which have no words.
        background: name of the class of what no box covers; empty leaves that void.
        overlap: ``last wins`` (like layers painted one over the other), ``first wins``, or
            ``strongest`` (the highest score, the later one if equal).

    Raises:
        ValueError: an unknown rule, more names than boxes, or maps of more pixels than
            ``LARGEST_BATCH``.
    """
    if overlap not in OVERLAP_RULES:
        raise ValueError(f"overlap: {quoted(overlap)} is none of {', '.join(OVERLAP_RULES)}")
    most = max(len(boxes) for boxes in batch)
    if len(names) > most:
        raise ValueError(
            f"names: {len(names)} lines for {most} boxes. Write one name a line for each box, in "
            "their order."
        )
    if len(batch) * width * height > LARGEST_BATCH:
        raise ValueError(
            f"width, height: {len(batch)} maps of {width}×{height} pixels are more than fit. "
            "Choose a smaller size."
        )
    table = _Classes()
    under = table.id_of(background, background, None) if background else VOID
    maps, notes, shared = [], [], 0
    for boxes in batch:
        ids = [_class_of(box, i, names, table) for i, box in enumerate(boxes)]
        spans = [
            (*_span(box.top, box.bottom, height), *_span(box.left, box.right, width))
            for box in boxes
        ]
        empty = {
            i
            for i, (top, bottom, left, right) in enumerate(spans)
            if top >= bottom or left >= right
        }
        notes += [
            f"box {i + 1} ({cut(table.classes[ids[i]].name)}) has no pixel in the map"
            for i in sorted(empty)
        ]
        order = [i for i in _painting_order(boxes, overlap) if i not in empty]
        labels, overlapping = _painted([(*spans[i], ids[i]) for i in order], under, (height, width))
        maps.append(torch.from_numpy(labels))
        shared += overlapping
    # Boxes may lie over each other like layers: that is what the rule is for.
    remarks = (f"{shared} pixels lie in several boxes; {overlap}",) if shared else ()
    unresolved = (0,) * len(batch)
    return Layout(
        torch.stack(maps), tuple(table.classes), unresolved, tuple(notes), remarks=remarks
    )


def _painted(
    layers: Sequence[tuple[int, int, int, int, int]], under: int, size: tuple[int, int]
) -> tuple[np.ndarray, int]:
    """Rectangles ``top, bottom, left, right, label`` over each other, the last on top.

    They are painted on the grid of all their borders, so that large maps take no longer.

    Returns:
        ``[H, W]`` int16, and how many pixels lie in several of them.
    """
    borders = np.array([layer[:4] for layer in layers], np.int64).reshape(-1, 4)
    rows = np.unique(np.append(borders[:, :2], (0, size[0])))
    columns = np.unique(np.append(borders[:, 2:], (0, size[1])))
    labels = np.full((len(rows) - 1, len(columns) - 1), under, np.int16)
    times = np.zeros(labels.shape, np.int16)
    for (top, bottom), (left, right), layer in zip(
        np.searchsorted(rows, borders[:, :2]),
        np.searchsorted(columns, borders[:, 2:]),
        layers,
        strict=True,
    ):
        labels[top:bottom, left:right] = layer[4]
        times[top:bottom, left:right] += 1
    heights, widths = np.diff(rows), np.diff(columns)
    shared = int((heights[:, None] * widths)[times > 1].sum())
    return labels.repeat(heights, 0).repeat(widths, 1), shared


class _Classes:
    """The table that grows with the boxes: one class for each name."""

    def __init__(self) -> None:
        self.classes: list[LayoutClass] = []
        self._ids: dict[str, int] = {}
        self._colors: set[Color] = set()

    def id_of(self, name: str, words: str, color: Color | None) -> int:
        key = name.lower()
        if key not in self._ids:
            if len(self.classes) == MOST_BOXES:
                raise ValueError(f"boxes: more than {MOST_BOXES} different names")
            if color is None or color in self._colors:
                color = free_color(self._colors)
            self._colors.add(color)
            self._ids[key] = len(self.classes)
            self.classes.append(LayoutClass(len(self.classes), name, words, color))
        return self._ids[key]


def _class_of(box: Box, number: int, names: Sequence[str], table: _Classes) -> int:
    given = names[number].strip() if number < len(names) else ""
    name = given or box.name or f"region {number + 1}"
    return table.id_of(name, given or box.words, box.color)


def _painting_order(boxes: Sequence[Box], overlap: str) -> list[int]:
    """The numbers of the boxes, from the lowest layer to the top one."""
    order = list(range(len(boxes)))
    if overlap == "first wins":
        order.reverse()
    if overlap == "strongest":
        order.sort(key=lambda i: boxes[i].score)
    return order


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    """The whole pixels of one direction: at least one where the box has any length in the map."""
    first, last = (math.floor(border + 0.5) for border in (start, end))
    if first == last and end > start:
        first = math.floor((start + end) / 2)
        last = first + 1
    return min(max(first, 0), size), min(max(last, 0), size)


# --- From a layout --------------------------------------------------------------------------------


def boxes_of_layout(
    layout: Layout, regions: str = REGIONS[0], smallest: int = 1
) -> list[list[dict[str, Any]]]:
    """The bounding boxes of each map, from the largest to the smallest, so that these lie on top.

    Args:
        layout: ``B`` maps.
        regions: ``each region``: a box for each connected region, corners connect; or ``each
            class``: one for all pixels of a class.
        smallest: pixels that a region must have to get a box.

    Returns:
        For each map at most ``MOST_BOXES``, the largest ones: ``x``, ``y``, ``width``, ``height``
        in pixels, ``label``, and as ``metadata`` what ComfyUI's boxes may carry.

    Raises:
        ValueError: no region of that size in any map.
    """
    if regions not in REGIONS:
        raise ValueError(f"regions: {quoted(regions)} is none of {', '.join(REGIONS)}")
    by_id = {c.id: c for c in layout.classes}
    batch = []
    for labels in layout.labels.numpy():
        found = _regions(labels, connected=regions == REGIONS[0])
        found = found[(found[:, 0] != VOID) & (found[:, 1] >= smallest)]
        area = (found[:, 4] - found[:, 2]) * (found[:, 5] - found[:, 3])
        # Where areas are equal, in the order of the picture.
        largest = np.argsort(-area, kind="stable")[:MOST_BOXES]
        batch.append([_core_box(by_id[int(row[0])], row[2:].tolist()) for row in found[largest]])
    if not any(batch):
        raise ValueError(
            "layout: there is no region to put a box around"
            + (f" of {smallest} pixels or more; lower smallest" if smallest > 1 else "")
        )
    return batch


def _core_box(c: LayoutClass, borders: list[int]) -> dict[str, Any]:
    left, top, right, bottom = borders
    return {
        "x": left,
        "y": top,
        "width": right - left,
        "height": bottom - top,
        "label": c.name,
        "metadata": {
            "type": "obj",
            "text": "",
            "desc": c.words or c.name,
            "palette": [f"#{bytes(c.color).hex().upper()}"],
        },
    }


def elements_of_boxes(
    boxes: Sequence[dict[str, Any]], width: int, height: int
) -> list[dict[str, Any]]:
    """The boxes of a map of ``width`` × ``height`` pixels as elements.

    The grid of 1000 is finer than the pixels of maps up to that size; read back at their size,
    these have the same borders.
    """

    def on_grid(pixels: int, size: int) -> int:
        return (2 * GRID * pixels + size) // (2 * size)

    return [
        {
            "type": "obj",
            "bbox": [
                on_grid(box["y"], height),
                on_grid(box["x"], width),
                on_grid(box["y"] + box["height"], height),
                on_grid(box["x"] + box["width"], width),
            ],
            "desc": box["metadata"]["desc"],
            "color_palette": box["metadata"]["palette"],
        }
        for box in boxes
    ]


def _regions(labels: np.ndarray, connected: bool) -> np.ndarray:
    """``[R, 6]`` label, pixels, left, top, right and bottom of each region of ``[H, W]``.

    Works on runs, the stretches of one label in a row, of which a map has far fewer than pixels.
    """
    height, width = labels.shape
    begins = np.ones(labels.shape, bool)
    begins[:, 1:] = labels[:, 1:] != labels[:, :-1]
    rows, starts = begins.nonzero()
    flat = rows * width + starts
    ends = np.append(flat[1:], height * width) - rows * width
    values = labels[rows, starts].astype(np.int64)
    if connected:
        region = _connected(rows, starts, ends, values, width)
    else:
        region = np.unique(values, return_inverse=True)[1]
    count = int(region.max()) + 1
    found = np.empty((count, 6), np.int64)
    found[region, 0] = values
    found[:, 1] = np.bincount(region, ends - starts, count)
    # Runs come row by row, so the first of a region is its top one and the last its bottom one.
    found[region[::-1], 3] = rows[::-1]
    found[region, 5] = rows + 1
    found[:, 2], found[:, 4] = width, 0
    np.minimum.at(found[:, 2], region, starts)
    np.maximum.at(found[:, 4], region, ends)
    return found


def _connected(
    rows: np.ndarray, starts: np.ndarray, ends: np.ndarray, values: np.ndarray, width: int
) -> np.ndarray:
    """The number of the region that each run belongs to."""
    # Places in a row of rows in which neighbors do not touch: a run's places are unique, ascending.
    stride = width + 2
    first = np.searchsorted(rows * stride + ends, (rows - 1) * stride + starts, "left")
    last = np.searchsorted(rows * stride + starts, (rows - 1) * stride + ends, "right")
    count = np.maximum(last - first, 0)
    count[rows == 0] = 0
    below = np.repeat(np.arange(len(rows)), count)
    above = np.arange(len(below)) - np.repeat(count.cumsum() - count, count) + first[below]
    same = values[below] == values[above]
    edges = coo_array(
        (np.ones(int(same.sum()), np.int8), (above[same], below[same])),
        shape=(len(rows), len(rows)),
    )
    return connected_components(edges, directed=False)[1]
