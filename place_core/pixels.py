"""Pictures as bytes, as files hold them, as values in 0..1, as ComfyUI's IMAGE; and stretched."""

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


def stretched(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """``[H, W, …]`` → ``[h, w, …]``: each pixel is the one under its center."""
    rows, columns = (
        (2 * torch.arange(new) + 1) * old // (2 * new)
        for old, new in zip(pixels.shape[:2], size, strict=True)
    )
    return pixels[rows][:, columns]
