"""Cars and hot-air balloons."""

from __future__ import annotations

from random import Random

from ..canvas import Canvas
from ..classes import BALLOON, CAR
from ..curves import ellipse
from ..fields import darker
from ..textures import surfaces

_TIRE = (26, 26, 30)


def car(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A car from its side; ``size`` is its height."""
    side, half = rng.choice((-1, 1)), size * rng.uniform(1.0, 1.3)
    wheel, belt = size * 0.21, y - size * 0.58
    canvas.shadow(x, y, half * 1.15, size * 0.14)
    front, back = x + side * half, x - side * half
    cabin = [(x - side * half * 0.72, belt), (x - side * half * 0.5, y - size)]
    cabin += [(x + side * half * 0.15, y - size), (x + side * half * 0.5, belt)]
    body = [(back, y - wheel * 0.7), (back + side * size * 0.04, belt), (cabin[3][0], belt)]
    body += [(front, belt + size * 0.12), (front, y - wheel * 0.7)]
    unit = canvas.unit * max(0.6, size / (22 * canvas.unit))
    canvas.region(CAR, [cabin, body], lambda box: surfaces.bodywork(rng, box, unit, look))
    _windows(canvas, x, belt, y - size, half, side)
    for at in (x - half * 0.58, x + half * 0.58):
        canvas.ellipse(CAR, at, y - wheel, wheel, wheel, _TIRE)
        canvas.ellipse(CAR, at, y - wheel, wheel * 0.45, wheel * 0.45, (186, 188, 194))
    lamp = size * 0.08
    canvas.ellipse(
        CAR, front - side * lamp, belt + size * 0.2, lamp, lamp, (255, 240, 170), shines=True
    )


def _windows(canvas: Canvas, x: float, belt: float, top: float, half: float, side: int) -> None:
    high = top + (belt - top) * 0.2
    rear = [(x - side * half * 0.6, belt), (x - side * half * 0.46, high)]
    rear += [(x - side * half * 0.2, high), (x - side * half * 0.2, belt)]
    fore = [(x - side * half * 0.12, belt), (x - side * half * 0.12, high)]
    fore += [(x + side * half * 0.1, high), (x + side * half * 0.38, belt)]
    for pane in (rear, fore):
        canvas.polygon(CAR, pane, (150, 190, 212))


def balloon(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A hot-air balloon with ropes and a basket."""
    radius = size * 0.36
    middle, mouth = y - size + radius, y - size * 0.2
    unit = canvas.unit * max(0.5, size / (36 * canvas.unit))
    throat = radius * 0.3
    cone = [(x - radius * 0.9, middle + radius * 0.42), (x + radius * 0.9, middle + radius * 0.42)]
    cone += [(x + throat, mouth), (x - throat, mouth)]
    parts = [ellipse(x, middle, radius, radius, 28), cone]
    canvas.region(BALLOON, parts, lambda box: surfaces.envelope(rng, box, unit, look))
    basket, rope = max(canvas.thin(1.5), size * 0.075), (70, 48, 30)
    for side in (-1, 1):
        canvas.line(
            BALLOON, [(x + side * throat, mouth), (x + side * basket * 0.8, y - size * 0.1)], rope
        )
    canvas.box(BALLOON, x - basket, y - size * 0.12, x + basket, y, (150, 100, 52))
    canvas.box(BALLOON, x - basket, y - size * 0.12, x + basket, y - size * 0.09, darker(rope))
