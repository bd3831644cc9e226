"""Class tables: numbers, colors, and the words that the released models were trained with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ..layout import LayoutClass

ADE20K = "ade20k"
COCO_STUFF = "coco_stuff"


@cache
def load_classes(table: str) -> tuple[LayoutClass, ...]:
    """The classes of a table, ``ADE20K`` (150) or ``COCO_STUFF`` (182), by ascending id.

    ADE20K has the standard colors of ControlNet-seg and UniFormer maps. COCO-Stuff has no standard
    of its own: its colors are those of the PASCAL VOC color map at ``id + 1``.
    """
    content = json.loads((Path(__file__).parent / f"{table}.json").read_text(encoding="utf-8"))
    return tuple(
        LayoutClass(
            id=entry["id"],
            name=entry["prompt"],
            words=entry["prompt"],
            color=tuple(bytes.fromhex(entry["color"].removeprefix("#"))),
        )
        for entry in content["classes"]
    )
