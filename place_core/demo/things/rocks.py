"""Rocks."""

from __future__ import annotations

from random import Random

from ..canvas import Canvas
from ..classes import ROCK
from ..curves import boulder
from ..textures import stone


def rock(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """One to three boulders side by side."""
    width = size * rng.uniform(1.0, 2.0)
    canvas.shadow(x, y, width * 0.8, size * 0.16)
    parts = [boulder(rng, x, y, width, size)]
    for _ in range(rng.choice((0, 0, 1, 2))):
        share = rng.uniform(0.3, 0.6)
        side = rng.choice((-1, 1)) * width * rng.uniform(0.4, 0.8)
        parts.append(boulder(rng, x + side, y + size * 0.06, width * share, size * share))
    unit = min(canvas.unit * 1.5, max(canvas.unit * 0.8, size / 14))
    for part in parts:
        canvas.region(ROCK, [part], lambda box: stone.rock(rng, box, unit, look))
