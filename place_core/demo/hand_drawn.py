"""Layouts as a person might draw them: polygons, circles, letters and stripes.

They come from nothing that the renderer of scenes does, to see what a model makes of new maps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from .classes import BACKGROUNDS, SKY
from .vocabulary import ALL, Vocabulary

_LETTERS: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] = (
    (((0, 1), (0.5, 0), (1, 1)), ((0.22, 0.6), (0.78, 0.6))),  # A
    (((0.9, 0.1), (0.3, 0), (0, 0.5), (0.3, 1), (0.9, 0.9)),),  # C
    (((1, 0), (0, 0), (0, 1), (1, 1)), ((0, 0.5), (0.8, 0.5))),  # E
    (((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 0.5), (1, 0.5))),  # H
    (((0, 0), (0, 1), (1, 1)),),  # L
    (((0, 1), (0, 0), (0.5, 0.6), (1, 0), (1, 1)),),  # M
    (((1, 0.1), (0.4, 0), (0.1, 0.25), (0.9, 0.7), (0.6, 1), (0, 0.9)),),  # S
    (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),  # T
    (((0, 0), (0.5, 1), (1, 0)),),  # V
    (((0, 0), (1, 1)), ((1, 0), (0, 1))),  # X
    (((0, 0), (1, 0), (0, 1), (1, 1)),),  # Z
)
"""Letters as strokes in a unit square, y down: no font is needed."""


def hand_drawn_layout(
    seed: int, size: tuple[int, int] = (128, 128), vocabulary: Vocabulary = ALL
) -> np.ndarray:
    """Labels int16 ``[H, W]`` of ``size`` (width, height): a background with shapes on it."""
    rng = Random(seed)
    picture = Image.new("L", size, SKY)
    pen = ImageDraw.Draw(picture)
    backgrounds = [i for i in BACKGROUNDS if i in vocabulary.classes and i != SKY]
    rng.choice((_split, _split, _bands, _wedge))(pen, rng, size, backgrounds)
    classes = sorted(vocabulary.classes - {SKY})
    for class_id in rng.sample(classes, min(len(classes), rng.randint(1, 5))):
        rng.choice(_SHAPES)(pen, rng, size, class_id)
    return np.asarray(picture).astype(np.int16)


def _split(
    pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], classes: list[int]
) -> None:
    """Sky above, one background below a tilted line."""
    width, height = size
    left, right = (rng.uniform(0.2, 0.8) * height for _ in range(2))
    pen.polygon([(0, left), (width, right), (width, height), (0, height)], fill=rng.choice(classes))


def _bands(
    pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], classes: list[int]
) -> None:
    """Stripes of backgrounds below the sky."""
    width, height = size
    cuts = sorted(rng.uniform(0.15, 0.95) * height for _ in range(rng.randint(2, 4)))
    for cut in cuts:
        pen.rectangle([0, cut, width, height], fill=rng.choice(classes))


def _wedge(
    pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], classes: list[int]
) -> None:
    """Two backgrounds that meet in a corner below the sky."""
    width, height = size
    corner = (rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.7) * height)
    foot = (rng.uniform(0.1, 0.9) * width, height)
    left = [(0, rng.uniform(0.2, 0.8) * height), corner, foot, (0, height)]
    right = [(width, rng.uniform(0.2, 0.8) * height), corner, foot, (width, height)]
    pen.polygon(left, fill=rng.choice(classes))
    pen.polygon(right, fill=rng.choice(classes))


def _center(rng: Random, size: tuple[int, int]) -> tuple[float, float, float]:
    """Somewhere in the picture, and a radius in pixels."""
    radius = rng.uniform(0.08, 0.28) * min(size)
    return rng.uniform(0.1, 0.9) * size[0], rng.uniform(0.1, 0.9) * size[1], radius


def _circle(pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], class_id: int) -> None:
    x, y, radius = _center(rng, size)
    tall = radius * rng.uniform(0.6, 1.4)
    pen.ellipse([x - radius, y - tall, x + radius, y + tall], fill=class_id)


def _ring(pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], class_id: int) -> None:
    x, y, radius = _center(rng, size)
    wide = max(2, round(radius * rng.uniform(0.25, 0.6)))
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], outline=class_id, width=wide)


def _polygon(pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], class_id: int) -> None:
    x, y, radius = _center(rng, size)
    turns = sorted(rng.uniform(0, 2 * math.pi) for _ in range(rng.randint(3, 8)))
    reach = [radius * rng.uniform(0.6, 1.4) for _ in turns]
    corners = [
        (x + r * math.cos(t), y + r * math.sin(t)) for t, r in zip(turns, reach, strict=True)
    ]
    pen.polygon(corners, fill=class_id)


def _letter(pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], class_id: int) -> None:
    x, y, radius = _center(rng, size)
    side, wide = radius * 2.2, max(2, round(radius * rng.uniform(0.3, 0.7)))
    for stroke in rng.choice(_LETTERS):
        points = [(x + (u - 0.5) * side, y + (v - 0.5) * side) for u, v in stroke]
        pen.line(points, fill=class_id, width=wide, joint="curve")


def _stripe(pen: ImageDraw.ImageDraw, rng: Random, size: tuple[int, int], class_id: int) -> None:
    ends = [(rng.uniform(0, 1) * size[0], rng.uniform(0, 1) * size[1]) for _ in range(2)]
    pen.line(ends, fill=class_id, width=max(2, round(rng.uniform(0.03, 0.16) * min(size))))


_SHAPES: tuple[Callable[[ImageDraw.ImageDraw, Random, tuple[int, int], int], None], ...] = (
    _circle,
    _ring,
    _polygon,
    _polygon,
    _letter,
    _stripe,
)
