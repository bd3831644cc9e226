"""The classes of a layout as JSON, of which ``js/rows`` makes the rows of the prompt encoder."""

from __future__ import annotations

import re

import torch

from ..place_core.layout import VOID, Layout, LayoutClass

# Labels are int16; no table has nearly as many.
_MAX_ID = 32767
_MAX_CLASSES = 1000
_COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


def class_rows(layout: Layout) -> list[list[int | str | float]]:
    """``[id, name, words, "#rrggbb", coverage]`` of every class of the table, by ascending id.

    Coverage is the share (0..1) of the pixels of all maps. Classes with none are there because it
    depends on the whole table which class a line of ``class_prompts`` means.
    """
    shares = layout.coverage()
    return [
        [
            c.id,
            c.name,
            c.words,
            f"#{bytes(c.color).hex()}",
            float(f"{sum(share.get(c.id, 0.0) for share in shares) / len(shares):.4g}"),
        ]
        for c in layout.classes
    ]


def layout_of_rows(rows: object) -> Layout:
    """A layout with the same classes, present and not, that has one pixel for each present one.

    Raises:
        ValueError: not what :func:`class_rows` gives.
    """
    if not isinstance(rows, list) or len(rows) > _MAX_CLASSES:
        raise ValueError(f"classes: it must be a list of at most {_MAX_CLASSES} classes")
    if wrong := [number for number, row in enumerate(rows) if not _is_row(row)]:
        raise ValueError(
            f"classes: number {wrong[0]} is not of the form [id, name, words, '#rrggbb', coverage]"
        )
    classes = tuple(
        LayoutClass(class_id, name, words, tuple(bytes.fromhex(color[1:])))
        for class_id, name, words, color, _ in rows
    )
    present = [row[0] for row in rows if row[4] > 0]
    return Layout(torch.tensor([[present or [VOID]]], dtype=torch.int16), classes)


def _is_row(row: object) -> bool:
    if not isinstance(row, list) or len(row) != 5:
        return False
    class_id, name, words, color, coverage = row
    return (
        _is_number(class_id, int)
        and 0 <= class_id <= _MAX_ID
        and isinstance(name, str)
        and isinstance(words, str)
        and isinstance(color, str)
        and _COLOR.fullmatch(color) is not None
        and _is_number(coverage, int | float)
    )


def _is_number(value: object, kind: type) -> bool:
    """For Python, but not for JSON, true is a number."""
    return isinstance(value, kind) and not isinstance(value, bool)
