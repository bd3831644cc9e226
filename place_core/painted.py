"""Layouts that were painted: the value of the Layout Painter's widget.

The value is text, so that a workflow can hold it: JSON with ``version``, ``width``, ``height``,
``classes`` (each with ``index``, ``name``, ``words``, ``color``, ``hidden``) and ``png``, the class
indices of the pixels as an indexed PNG in base64. ``js/painter/read_value.js`` reads it too.

An index is the number of its class, which people see and write. In version 1 the number was one
less; such drawings stay as they are, since other texts of their workflows have these numbers.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Sequence
from io import BytesIO
from typing import Any, NoReturn

import numpy as np
import torch
from PIL import Image

from .layout import VOID, Layout, LayoutClass
from .quoting import quoted

_VERSION = 2
_SHIFTS = {1: 1, 2: 0}
"""By version: how much the index of a class is above its number."""
_MAX_SIDE = 4096
_MAX_CLASSES = 255
_MAX_NAME = 200
# The largest drawing that does not pack at all has 22.4 million, in base64.
_MAX_LENGTH = 32_000_000
_NEW_DRAWING = "Take an older copy of the workflow, or clear the drawing and paint anew."
_COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
# All that JavaScript or Python takes for a blank: names must be the same on both sides.
_BLANKS = re.compile("[\\s\ufeff]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NothingPaintedError(ValueError):
    """The drawing is sound, but void everywhere."""


def read_drawing(value: str) -> Layout:
    """The layout of one map that a painter's value holds.

    Class ids are its indices, of version 1 its indices less 1. Index 0 is void. A class without
    words has its name for words. Hidden classes are hidden from the painter's view only, and count.

    Raises:
        NothingPaintedError: the value is empty, or no pixel has a class.
        ValueError: it is damaged, of another version, or no drawing; nothing in it is ever run, and
            its picture is unpacked only if it has the size that was said.
    """
    content = _parse(value)
    width, height = _read_side(content, "width"), _read_side(content, "height")
    shift = _SHIFTS[content["version"]]
    classes = _read_classes(content.get("classes"), shift)
    indices = _read_picture(content.get("png"), width, height)
    counts = np.bincount(indices.ravel(), minlength=256)
    known = {0, *(c.id + shift for c in classes)}
    for index in np.flatnonzero(counts).tolist():
        if index not in known:
            raise _damaged(
                f"{counts[index]} pixels have the index {index}, which is not on its class list"
            )
    if counts[0] == indices.size:
        raise _nothing_painted()
    labels = indices.astype(np.int16) - shift
    labels[indices == 0] = VOID
    return Layout(torch.from_numpy(labels)[None], classes, (0,))


def write_drawing(labels: np.ndarray, classes: Sequence[LayoutClass]) -> str:
    """The painter's value for a label map, such as an example workflow brings along.

    Args:
        labels: int ``[H, W]`` of at most 4096×4096, class ids or ``VOID``.
        classes: ids 1..255, in the order of the painter's list; also ones that no pixel has yet.

    Raises:
        ValueError: an id that no drawing can have.
    """
    if wrong := [c for c in classes if not 1 <= c.id <= _MAX_CLASSES]:
        raise ValueError(
            f"classes: {quoted(wrong[0].name)} has the id {wrong[0].id}; a drawing has 1 to "
            f"{_MAX_CLASSES}, as 0 is void in it"
        )
    image = Image.fromarray(np.where(labels == VOID, 0, labels).astype(np.uint8))
    palette = bytearray(768)
    for c in classes:
        palette[3 * c.id : 3 * (c.id + 1)] = bytes(c.color)
    image.putpalette(bytes(palette))
    stream = BytesIO()
    image.save(stream, "PNG", optimize=True)
    height, width = labels.shape
    content = {
        "version": _VERSION,
        "width": width,
        "height": height,
        "classes": [
            {
                "index": c.id,
                "name": c.name,
                "words": "" if c.words == c.name else c.words,
                "color": f"#{bytes(c.color).hex()}",
                "hidden": False,
            }
            for c in classes
        ],
        "png": base64.b64encode(stream.getvalue()).decode(),
    }
    return json.dumps(content, ensure_ascii=False)


def _damaged(what: str) -> ValueError:
    return ValueError(f"drawing: it is damaged: {what}. {_NEW_DRAWING}")


def _nothing_painted() -> NothingPaintedError:
    return NothingPaintedError(
        "drawing: nothing is painted yet. Choose a class beside the canvas and paint with it."
    )


# --- The text -------------------------------------------------------------------------------------


def _parse(value: str) -> dict[str, Any]:
    if not isinstance(value, str):
        raise _damaged(f"it is of the type {type(value).__name__}, not text")
    if len(value) > _MAX_LENGTH:
        raise _damaged(f"it has {len(value):,} characters, no drawing has over {_MAX_LENGTH:,}")
    if not value.strip():
        raise _nothing_painted()
    try:
        content = json.loads(value, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _damaged(f"{quoted(value)} is not what the painter writes")
    _check_version(content.get("version"))
    return content


def _refuse_constant(name: str) -> NoReturn:
    """Python takes NaN and Infinity for JSON; browsers do not."""
    raise ValueError(name)


def _check_version(version: object) -> None:
    if _is_number(version) and version > _VERSION:
        raise ValueError(
            f"drawing: it has version {quoted(version)}, this node reads up to version {_VERSION}. "
            "Update the PLACE nodes."
        )
    if not _is_number(version) or version not in _SHIFTS:
        raise _damaged(f"it has the version {quoted(version)}, which no painter wrote")


def _is_number(value: object) -> bool:
    """For Python, but not for JSON, true is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object, most: int) -> bool:
    """Whether it is a whole number of 1 to ``most``."""
    return _is_number(value) and 1 <= value <= most and value == int(value)


def _read_side(content: dict[str, Any], name: str) -> int:
    side = content.get(name)
    if not _is_whole(side, _MAX_SIDE):
        raise _damaged(f"its {name} is {quoted(side)}, it must be 1 to {_MAX_SIDE} pixels")
    return int(side)


# --- The classes ----------------------------------------------------------------------------------


def _read_classes(entries: object, shift: int) -> tuple[LayoutClass, ...]:
    """The classes by ascending id; ``shift`` is how much their indices are above."""
    if not isinstance(entries, list):
        raise _damaged(f"its class list is {quoted(entries)}, it must be a list")
    if len(entries) > _MAX_CLASSES:
        raise _damaged(f"it has {len(entries)} classes, at most {_MAX_CLASSES} are possible")
    classes: dict[int, LayoutClass] = {}
    names: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        c = _read_class(entry, shift, f"entry {number} of its class list")
        if c.id in classes:
            raise _damaged(
                f"the index {c.id + shift} is both {quoted(classes[c.id].name)} and "
                f"{quoted(c.name)}"
            )
        key = unicodedata.normalize("NFC", c.name).lower()
        if key in names:
            raise _damaged(
                f"entries {names[key]} and {number} of its class list are both {quoted(c.name)}"
            )
        classes[c.id], names[key] = c, number
    return tuple(classes[class_id] for class_id in sorted(classes))


def _read_class(entry: object, shift: int, where: str) -> LayoutClass:
    if not isinstance(entry, dict):
        raise _damaged(f"{where} is {quoted(entry)}, it must have index, name, words and color")
    index, color, hidden = entry.get("index"), entry.get("color"), entry.get("hidden")
    if not _is_whole(index, _MAX_CLASSES):
        raise _damaged(f"the index of {where} is {quoted(index)}, it must be 1 to {_MAX_CLASSES}")
    # On one line, because the prompt encoder's words are written one class a line.
    name = _BLANKS.sub(" ", _read_text(entry, "name", where)).strip()
    if not 1 <= len(name) <= _MAX_NAME:
        raise _damaged(
            f"the name of {where} is {quoted(name)} with {len(name)} characters, it must have 1 to "
            f"{_MAX_NAME}"
        )
    words = _read_text(entry, "words", where).strip()
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        raise _damaged(f"the color of {where} is {quoted(color)}, it must be of the form #rrggbb")
    if not isinstance(hidden, bool):
        raise _damaged(f"hidden of {where} is {quoted(hidden)}, it must be true or false")
    return LayoutClass(int(index) - shift, name, words or name, tuple(bytes.fromhex(color[1:])))


def _read_text(entry: dict[str, Any], key: str, where: str) -> str:
    text = entry.get(key)
    if not isinstance(text, str):
        raise _damaged(f"the {key} of {where} is {quoted(text)}, it must be text")
    # Half of a character, which JSON can hold, could not be encoded or shown.
    return _SURROGATE.sub("\ufffd", text)


# --- The picture ----------------------------------------------------------------------------------


def _read_picture(png: object, width: int, height: int) -> np.ndarray:
    """``[height, width]`` uint8, the class index of each pixel."""
    if not isinstance(png, str) or not png:
        raise _damaged(f"its picture is {quoted(png)}, it must be a PNG in base64")
    try:
        data = base64.b64decode(png, validate=True)
    except ValueError:
        raise _damaged("its picture is no base64") from None
    try:
        # Reads the header only.
        header = Image.open(BytesIO(data), formats=["PNG"])
        size, mode = header.size, header.mode
        # Every checksum, without unpacking. A picture that was checked must be opened again.
        header.verify()
    except Exception as error:  # Pillow raises nearly anything over a damaged file
        raise _damaged("its picture cannot be read") from error
    if size != (width, height):
        raise _damaged(f"its picture is {size[0]}×{size[1]}, but the drawing {width}×{height}")
    if mode != "P":
        raise _damaged(f"its picture has the mode {mode}, it must have a color table (P)")
    try:
        return np.asarray(Image.open(BytesIO(data), formats=["PNG"]))
    except Exception as error:  # as above
        raise _damaged("its picture cannot be unpacked") from error
