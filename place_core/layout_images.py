"""A layout as a picture that other programs read: in colors, or as numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from .layout import VOID, Layout, LayoutClass
from .layout_readers import all_colors, free_color
from .palettes import ADE20K, COCO_STUFF, load_classes
from .pixels import stretched, to_unit
from .quoting import quoted

LARGEST_BATCH = 1 << 29
"""Pixels of all pictures together: 32 of 4096×4096, 6 GiB."""

OWN_COLORS = "own colors"
CODINGS = {
    OWN_COLORS: "",
    "ADE20K": ADE20K,
    "COCO-Stuff": COCO_STUFF,
    "index (ADE20K)": ADE20K,
    "index (COCO-Stuff)": COCO_STUFF,
}
"""How a map can be written, with the table that it is written by."""

Color = tuple[int, int, int]
_BLACK = (0, 0, 0)


@dataclass(frozen=True)
class WrittenMap:
    """What became of a layout.

    Attributes:
        image: ``[B, H, W, 3]`` float32, bytes / 255.
        color_list: a line ``#rrggbb = name`` for each color of the maps, which
            :func:`~place_core.layout_readers.parse_color_list` reads.
        notes: what the picture cannot tell.
        renamed: what the table calls by another name.
    """

    image: Tensor
    color_list: str
    notes: tuple[str, ...]
    renamed: tuple[str, ...]


def write_map(
    layout: Layout, coding: str = OWN_COLORS, width: int = 0, height: int = 0
) -> WrittenMap:
    """The maps as pictures, each pixel the color of its class, without any blending.

    With a table each class has the color, or the gray value, of the table's class of its name; see
    :func:`table_class`. What has no such class is void. Void is black in colors and in ADE20K's
    index maps, 255 in COCO-Stuff's; in own colors it is another one where a class is black.

    Args:
        layout: ``B`` maps.
        coding: one of ``CODINGS``.
        width, height: of the pictures, in pixels. Where one is 0 the ratio of the map is kept,
            where both are, its size.

    Raises:
        ValueError: an unknown coding, a size out of range, or more pixels than ``LARGEST_BATCH``.
    """
    if coding not in CODINGS:
        raise ValueError(f"colors: {quoted(coding)} is none of {', '.join(CODINGS)}")
    size = _size(layout, width, height)
    present = layout.present()
    notes: list[str] = []
    renamed: list[str] = []
    if coding == OWN_COLORS:
        colors = _own_colors(present, notes)
        void = next(color for color in all_colors() if color not in colors.values())
    else:
        colors = _table_colors(present, coding, notes, renamed)
        void = (255, 255, 255) if coding == "index (COCO-Stuff)" else _BLACK
    table = torch.zeros(max([c.id for c in layout.classes], default=0) + 2, 3, dtype=torch.uint8)
    table[VOID] = torch.tensor(void, dtype=torch.uint8)
    for c in present:
        table[c.id] = torch.tensor(colors.get(c.id, void), dtype=torch.uint8)
    labels = (stretched(labels, size).long() for labels in layout.labels)
    image = torch.stack([to_unit(table[map_].numpy()) for map_ in labels])
    color_list = _color_list(present, colors, void)
    return WrittenMap(image, color_list, tuple(notes), tuple(renamed))


def _size(layout: Layout, width: int, height: int) -> tuple[int, int]:
    if width < 0 or height < 0:
        raise ValueError(f"width, height: {width}×{height} is no size")
    if not height:
        height = max(1, round(layout.height * width / layout.width)) if width else layout.height
    if not width:
        width = max(1, round(layout.width * height / layout.height))
    if layout.batch * height * width > LARGEST_BATCH:
        raise ValueError(
            f"width, height: {layout.batch} pictures of {width}×{height} pixels would take "
            f"{12 * layout.batch * height * width / 2**30:.0f} GiB. Choose a smaller size."
        )
    return height, width


def _own_colors(present: Sequence[LayoutClass], notes: list[str]) -> dict[int, Color]:
    """The colors of the classes; of equal ones the later gets a free one, so that all are told."""
    used = {c.color for c in present}
    first: dict[Color, LayoutClass] = {}
    colors: dict[int, Color] = {}
    for c in present:
        if c.color in first:
            colors[c.id] = free_color(used)
            used |= {colors[c.id]}
            notes.append(
                f"{quoted(c.name)} has the color of {quoted(first[c.color].name)}; here it is "
                f"{_hex(colors[c.id])}"
            )
        else:
            first[c.color] = c
            colors[c.id] = c.color
    return colors


def _table_colors(
    present: Sequence[LayoutClass], coding: str, notes: list[str], renamed: list[str]
) -> dict[int, Color]:
    """The colors or gray values of the classes that the table has."""
    table = CODINGS[coding]
    colors: dict[int, Color] = {}
    meaning: dict[Color, list[str]] = {}
    missing = []
    for c in present:
        found = table_class(c, table)
        if found is None:
            missing.append(c.name)
            continue
        gray = found.id + (table == ADE20K)
        colors[c.id] = (gray,) * 3 if coding.startswith("index") else found.color
        meaning.setdefault(colors[c.id], []).append(c.name)
        if found.name.lower() != c.name.lower():
            renamed.append(f"{quoted(c.name)} is written as {quoted(found.name)}")
    if missing:
        notes.append(f"not in {coding}, written as void: {', '.join(map(quoted, missing))}")
    notes += [
        f"{' and '.join(map(quoted, names))} have one color here, {_hex(color)}"
        for color, names in meaning.items()
        if len(names) > 1
    ]
    return colors


def table_class(c: LayoutClass, table: str) -> LayoutClass | None:
    """The class of a table that a class is by its name or words; None where there is none.

    The table's own name counts first, then a synonym in it ("building" of "building edifice"),
    then the noun at the end ("tree" of "old oak tree"); singular and plural are one.
    """
    if c in load_classes(table):
        return c
    names, synonyms = _names(table)
    for text in (c.name, c.words):
        words = re.findall(r"\w+", text.lower())
        for start in range(len(words)):
            name = _singular(" ".join(words[start:]))
            if found := names.get(name) or synonyms.get(name):
                return found
    return None


@cache
def _names(table: str) -> tuple[dict[str, LayoutClass], dict[str, LayoutClass]]:
    """The classes of a table by their names, and by a single word of those."""
    names: dict[str, LayoutClass] = {}
    synonyms: dict[str, LayoutClass] = {}
    for c in load_classes(table):
        names.setdefault(_singular(c.name), c)
        words = re.findall(r"\w+", c.name.lower())
        # ADE20K's names are lists of synonyms, COCO-Stuff's are phrases: a fire is no hydrant.
        for word in words if table == ADE20K else words[-1:]:
            synonyms.setdefault(_singular(word), c)
    return names, synonyms


def _singular(name: str) -> str:
    name = name.lower()
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _color_list(present: Sequence[LayoutClass], colors: dict[int, Color], void: Color) -> str:
    """Each color once; a comment line for what shares one."""
    lines, named = [], set()
    for c in present:
        if c.id in colors:
            comment = "// " if colors[c.id] in named else ""
            named.add(colors[c.id])
            lines.append(f"{comment}{_hex(colors[c.id])} = {c.name}")
        else:
            lines.append(f"// {_hex(void)} = {c.name}")
    if void not in named:
        lines.append(f"{_hex(void)} = void")
    return "\n".join(lines)


def _hex(color: Color) -> str:
    return f"#{bytes(color).hex()}"
