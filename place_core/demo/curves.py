"""Outlines: ellipses, blobs, wavy and jagged lines, winding paths."""

from __future__ import annotations

import math
from random import Random

from .canvas import Point


def ellipse(x: float, y: float, radius_x: float, radius_y: float, steps: int = 20) -> list[Point]:
    """An ellipse as a polygon."""
    turns = [2 * math.pi * i / steps for i in range(steps)]
    return [(x + radius_x * math.cos(t), y + radius_y * math.sin(t)) for t in turns]


def blob(
    rng: Random,
    x: float,
    y: float,
    radius_x: float,
    radius_y: float,
    roughness: float = 0.3,
    steps: int = 28,
) -> list[Point]:
    """An ellipse whose radius wanders; a roughness of 0 leaves it alone."""
    waves = [(k, rng.uniform(0, 2 * math.pi), rng.uniform(0, roughness / k)) for k in (2, 3, 5)]
    points = []
    for i in range(steps):
        turn = 2 * math.pi * i / steps
        stretch = 1 + sum(size * math.sin(k * turn + phase) for k, phase, size in waves)
        points.append(
            (x + radius_x * stretch * math.cos(turn), y + radius_y * stretch * math.sin(turn))
        )
    return points


def boulder(rng: Random, x: float, y: float, width: float, height: float) -> list[Point]:
    """An angular outline that stands on ``y`` with its middle at ``x``."""
    count = rng.randint(5, 9)
    points = [(x - width / 2, y)]
    for i in range(count):
        turn = math.pi * (i + rng.uniform(0.2, 0.8)) / count
        reach = rng.uniform(0.75, 1.1)
        points.append((x - width / 2 * reach * math.cos(turn), y - height * reach * math.sin(turn)))
    return [*points, (x + width / 2, y)]


def wavy(rng: Random, start: Point, end: Point, swing: float, steps: int = 24) -> list[Point]:
    """A smooth line from start to end that swings by up to about ``swing`` pixels."""
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    side = ((start[1] - end[1]) / length, (end[0] - start[0]) / length)
    waves = [
        (rng.uniform(0.4, 1.2) * k, rng.uniform(0, 6.28), swing * rng.uniform(0.2, 1.0) / k)
        for k in (1, 2, 4)
    ]
    points = []
    for i in range(steps + 1):
        t = i / steps
        off = sum(size * math.sin(6.28 * turns * t + phase) for turns, phase, size in waves)
        x, y = (a + (b - a) * t for a, b in zip(start, end, strict=True))
        points.append((x + side[0] * off, y + side[1] * off))
    return points


def jagged(rng: Random, start: Point, end: Point, swing: float, rounds: int = 5) -> list[Point]:
    """A broken line: midpoints are moved up or down, by half as much in each round."""
    points = [start, end]
    for _ in range(rounds):
        finer = [points[0]]
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            middle = rng.uniform(0.4, 0.6)
            finer.append((x0 + (x1 - x0) * middle, (y0 + y1) / 2 + rng.uniform(-swing, swing)))
            finer.append((x1, y1))
        points, swing = finer, swing * 0.5
    return points


def bezier(points: tuple[Point, Point, Point, Point], t: float) -> Point:
    """The place at ``t`` (0..1) of a cubic Bezier curve."""
    s = 1 - t
    weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, points, strict=True)) for axis in (0, 1))
    return x, y
