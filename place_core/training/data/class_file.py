"""``classes.json``: the class table of a user's own data set."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from ...layout import LayoutClass

# The colors that the regions of mask layouts get.
from ...layout_readers import distinct_color
from .errors import DataError

LARGEST_ID = 32767
"""Labels are int16."""
LARGEST_VALUE = 65535
"""Index maps have up to 16 bits."""

_EXAMPLE = '{"void": 255, "classes": [{"id": 0, "name": "sky", "words": "a blue sky"}]}'


def read_class_file(path: Path) -> tuple[tuple[LayoutClass, ...], int | None]:
    """The classes by ascending id, and the pixel value that means no class.

    ``void`` may be left out where every pixel has a class, ``words`` where they are the name, and
    ``color`` (``#rrggbb``), which is only for people to look at.

    Raises:
        DataError: no such file, or anything in it that is not as described.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). It lists the classes of the "
            f"maps, for example {_EXAMPLE}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not JSON ({error})") from error
    _check_keys(content, {"classes"}, {"void"}, f"{path}: the whole")
    entries, void = content["classes"], content.get("void")
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{path}: 'classes' must be a list of at least one class, as in {_EXAMPLE}")
    classes = [_read_class(entry, f"{path}: class {n}") for n, entry in enumerate(entries, 1)]
    ids = Counter(c.id for c in classes)
    if double := sorted(i for i, count in ids.items() if count > 1):
        raise DataError(f"{path}: several classes have the id {double[0]}. Give each its own.")
    if void is not None and not _is_integer(void, LARGEST_VALUE):
        raise DataError(f"{path}: void is {void!r}, it must be a whole number 0..{LARGEST_VALUE}")
    if void in ids:
        raise DataError(f"{path}: void is {void}, which is also the id of a class")
    return tuple(sorted(classes, key=lambda c: c.id)), void


def _read_class(entry: Any, where: str) -> LayoutClass:
    _check_keys(entry, {"id", "name"}, {"words", "color"}, where)
    number, name = entry["id"], entry["name"]
    if not _is_integer(number, LARGEST_ID):
        raise DataError(f"{where}: the id is {number!r}, it must be a whole number 0..{LARGEST_ID}")
    words = entry.get("words", name)
    for key, value in (("name", name), ("words", words)):
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"{where}: the {key} is {value!r}, it must be a text that is not empty")
    color = entry.get("color")
    if color is None:
        return LayoutClass(number, name.strip(), words.strip(), distinct_color(number))
    if not isinstance(color, str) or not re.fullmatch("#[0-9a-fA-F]{6}", color):
        raise DataError(f"{where}: the color is {color!r}, it must be of the form '#87ceeb'")
    return LayoutClass(number, name.strip(), words.strip(), tuple(bytes.fromhex(color[1:])))


def _check_keys(entry: Any, needed: set[str], optional: set[str], where: str) -> None:
    if not isinstance(entry, dict):
        raise DataError(f"{where} must be an object with {sorted(needed)}, as in {_EXAMPLE}")
    if missing := sorted(needed - set(entry)):
        raise DataError(f"{where} lacks {missing[0]!r}, see {_EXAMPLE}")
    if unknown := sorted(set(entry) - needed - optional):
        known = sorted(needed | optional)
        raise DataError(f"{where} has the unknown key {unknown[0]!r}; there are {known}")


def _is_integer(value: Any, largest: int) -> bool:
    return type(value) is int and 0 <= value <= largest
