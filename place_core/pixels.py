"""Pictures as bytes, as files hold them, and as values in 0..1, as ComfyUI's IMAGE."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def to_unit(picture: np.ndarray) -> Tensor:
    """uint8 ``[...]`` → float32 in 0..1 of the same shape."""
    return torch.tensor(picture).float() / 255


def from_unit(picture: Tensor) -> np.ndarray:
    """Values ``[...]`` in 0..1 on any device → uint8 of the same shape; what lies beyond is cut."""
    return (picture.cpu().clamp(0, 1) * 255).round().to(torch.uint8).numpy()
