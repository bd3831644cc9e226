"""What a picture shall show: a layout with words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..layout import Layout


@dataclass(frozen=True)
class LayoutRequest:
    """One picture to sample.

    Attributes:
        layout: one map, and the table of its classes.
        words: by class id; the other classes have those of the table.
        global_prompt: free words, "" for none.
    """

    layout: Layout
    words: Mapping[int, str]
    global_prompt: str = ""
