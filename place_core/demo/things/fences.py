"""Fences that run across the ground."""

from __future__ import annotations

import math
from random import Random

from ..canvas import Canvas, Point
from ..classes import FENCE
from ..fields import darker, jittered
from ..textures import surfaces


def fence(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """Posts and rails; ``size`` is the height of the nearest post.

    It runs from the foot point to one side and, by perspective, gets lower as it goes away.
    """
    side = rng.choice((-1, 1))
    length = size * rng.uniform(3.0, 9.0)
    shrink = rng.choice((1.0, rng.uniform(0.35, 0.9)))
    rise = (1 - shrink) * size * rng.uniform(0.6, 1.4)
    end = (x + side * length, y - rise)
    step = size * {"white": 0.32, "wooden": 0.75, "iron": 0.24}[look]
    feet = _feet((x, y), end, size, shrink, max(step, 2.5 * canvas.thin()))
    color = jittered(rng, surfaces.FENCES[look], 8)
    rails = {"white": (0.3, 0.72), "wooden": (0.38, 0.62, 0.86), "iron": (0.1, 0.84)}[look]
    for share in rails:
        rail = [(px, py - high * share) for px, py, high in feet]
        canvas.line(FENCE, rail, darker(color, 0.16), max(canvas.thin(), size * 0.09))
    wide = {"white": 0.18, "wooden": 0.14, "iron": 0.06}[look]
    for px, py, high in reversed(feet):
        half = max(canvas.thin(), high * wide) / 2
        canvas.box(FENCE, px - half, py - high, px + half, py, color)
        if look != "wooden" and half > 2:
            tip = [(px - half, py - high), (px, py - high - 2 * half), (px + half - 1, py - high)]
            canvas.polygon(FENCE, tip, color)


def _feet(
    start: Point, end: Point, size: float, shrink: float, step: float
) -> list[tuple[float, float, float]]:
    """Foot x and y and the height of each post; posts come closer together with distance."""
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    feet, done = [], 0.0
    while done <= length and len(feet) < 60:
        t = done / length
        scale = 1 + (shrink - 1) * t
        x, y = (a + (b - a) * t for a, b in zip(start, end, strict=True))
        feet.append((x, y, size * scale))
        done += step * scale
    return feet
