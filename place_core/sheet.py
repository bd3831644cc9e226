"""What all pictures for people share: paper and ink, text that fits, the colors of heat maps."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .pixels import to_unit

PAPER = (24, 25, 29)
INK = (232, 232, 236)
FAINT = (126, 128, 138)
RULE = (58, 60, 68)
MARGIN = 16

_SURROGATE = re.compile("[\ud800-\udfff]")


def pixel_font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, ``size`` pixels high."""
    return ImageFont.load_default(size)


def to_image(pictures: Sequence[Image.Image]) -> Tensor:
    """Pictures of one size → IMAGE ``[B, H, W, 3]`` float32 in 0..1."""
    return to_unit(np.stack([np.asarray(p.convert("RGB")) for p in pictures]))


def fit(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """The text, cut with an ellipsis where it is wider than ``width`` pixels.

    Half characters, which no font can draw, show as the sign for what is unknown.
    """
    # Letters have at least a pixel each, so what is beyond is not even measured.
    start = _SURROGATE.sub("\ufffd", text[: max(0, int(width)) + 1])
    if len(start) == len(text) and draw.textlength(start, font=font) <= width:
        return start
    fits, too_long = 0, len(start)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if draw.textlength(f"{start[:middle]}…", font=font) <= width:
            fits = middle
        else:
            too_long = middle
    return f"{start[:fits].rstrip()}…"


def heat_colors(values: np.ndarray) -> np.ndarray:
    """Values ``[...]`` in 0..1 → RGB ``[..., 3]`` uint8.

    Dark violet over red and orange to pale yellow; 0 is nearly the paper, even faint is seen.
    """
    stops = np.array([0, 0.001, 0.25, 0.5, 0.75, 1.0])
    colors = np.array(
        [(34, 35, 41), (64, 24, 92), (140, 35, 105), (213, 72, 71), (249, 150, 44), (252, 246, 170)]
    )
    channels = [np.interp(values, stops, colors[:, i]) for i in range(3)]
    return np.stack(channels, -1).astype(np.uint8)


def stripes(
    width: int, height: int, colors: tuple[tuple[int, int, int], tuple[int, int, int]], period: int
) -> Image.Image:
    """Diagonal stripes of two colors, which repeat every ``period`` pixels."""
    place = np.arange(height)[:, None] + np.arange(width)
    return Image.fromarray(np.array(colors, np.uint8)[place // (period // 2) % 2])
