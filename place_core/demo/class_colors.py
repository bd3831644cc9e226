"""Label maps of the demo model as pictures."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ..layout import VOID
from .classes import CLASSES

_VOID_COLOR = (70, 70, 70)


def class_colors(labels: Tensor) -> np.ndarray:
    """A label map ``[H, W]`` in its classes' colors, void in dark gray: uint8 ``[H, W, 3]``."""
    colors = np.array([*(c.color for c in CLASSES), _VOID_COLOR], np.uint8)
    return colors[labels.where(labels != VOID, len(CLASSES)).numpy()]
