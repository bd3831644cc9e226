"""The part of a picture that a training sample shows."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor


@dataclass(frozen=True)
class View:
    """A window of a picture, in its own pixels, and whether it is mirrored left to right."""

    left: int
    top: int
    width: int
    height: int
    flip: bool


def choose_view(
    size: tuple[int, int],
    resolution: tuple[int, int],
    rng: random.Random,
    *,
    crop: bool,
    flip: bool,
) -> View:
    """The largest window with the aspect ratio of the resolution, to the nearest pixel.

    Args:
        size: ``(width, height)`` of the picture.
        resolution: ``(width, height)`` of the training samples.
        rng: where chance comes from.
        crop: a window at a random place; centered otherwise.
        flip: mirror every second window, by chance.

    Raises:
        ValueError: a size or a resolution below 1.
    """
    if min(*size, *resolution) < 1:
        raise ValueError(f"size {size} and resolution {resolution} must be 1 or more")
    width, height = size
    across, down = resolution
    if width * down >= height * across:
        width = max(1, _rounded_ratio(height * across, down))
    else:
        height = max(1, _rounded_ratio(width * down, across))
    spare_width, spare_height = size[0] - width, size[1] - height
    return View(
        left=rng.randint(0, spare_width) if crop else spare_width // 2,
        top=rng.randint(0, spare_height) if crop else spare_height // 2,
        width=width,
        height=height,
        flip=flip and rng.random() < 0.5,
    )


def _rounded_ratio(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def view_image(image: Image.Image, view: View, resolution: tuple[int, int]) -> Tensor:
    """What a view shows of an RGB picture.

    Args:
        image: RGB.
        view: the window.
        resolution: ``(width, height)`` of the result.

    Returns:
        ``[3, H, W]`` float32 in −1..1.
    """
    box = (view.left, view.top, view.left + view.width, view.top + view.height)
    # One resampling straight from the window: pixels are rounded to bytes once.
    pixels = torch.from_numpy(np.array(image.resize(resolution, Image.Resampling.LANCZOS, box)))
    shown = pixels.permute(2, 0, 1).float() / 127.5 - 1
    return (shown.flip(-1) if view.flip else shown).contiguous()


def view_labels(labels: Tensor, view: View) -> Tensor:
    """What a view shows of the label map ``[H, W]``: ``[h, w]``, in the map's own pixels.

    It is never resized: Eq. 3 counts the pixels of a map of any size exactly, so a line of one
    pixel is in the layout control map whatever the resolution.
    """
    rows = slice(view.top, view.top + view.height)
    columns = slice(view.left, view.left + view.width)
    shown = labels[rows, columns]
    return (shown.flip(-1) if view.flip else shown).contiguous()
