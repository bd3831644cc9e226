"""Pictures and label maps of the demo model as bytes, and back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..layout import VOID
from .classes import CLASSES

_VOID_COLOR = (70, 70, 70)


def to_unit(picture: np.ndarray) -> Tensor:
    """uint8 ``[H, W, 3]`` → 0..1."""
    return torch.tensor(picture).float() / 255


def from_unit(picture: Tensor) -> np.ndarray:
    """``[H, W, 3]`` in 0..1 → uint8."""
    return (picture * 255).round().to(torch.uint8).numpy()


def class_colors(labels: Tensor) -> np.ndarray:
    """A label map ``[H, W]`` in its classes' colors, void in dark gray: uint8 ``[H, W, 3]``."""
    colors = np.array([*(c.color for c in CLASSES), _VOID_COLOR], np.uint8)
    return colors[labels.where(labels != VOID, len(CLASSES)).numpy()]
