"""Sun, moon and clouds."""

from __future__ import annotations

import math
from random import Random

from ..canvas import Canvas
from ..classes import CLOUD, MOON, SUN
from ..curves import ellipse
from ..textures import air

_HALO = {"yellow": (255, 240, 170), "red": (255, 140, 80), "pale": (255, 252, 240)}


def sun(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A disk with a halo, some with rays."""
    radius, middle = size / 2, y - size / 2
    canvas.glow(x, middle, radius * rng.uniform(1.8, 3.2), _HALO[look])
    if rng.random() < 0.4:
        color, count = air.SUNS[look][1], rng.randint(8, 14)
        start = rng.uniform(0, 1)
        for i in range(count):
            turn = 2 * math.pi * (i + start) / count
            reach = radius * (1.75 if i % 2 else 1.5)
            near = (x + radius * 1.15 * math.cos(turn), middle + radius * 1.15 * math.sin(turn))
            far = (x + reach * math.cos(turn), middle + reach * math.sin(turn))
            canvas.line(SUN, [near, far], color)
    disk = ellipse(x, middle, radius, radius, 28)
    canvas.region(SUN, [disk], lambda box: air.sun(rng, box, canvas.unit, look))


def moon(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A disk, or a crescent open to any side."""
    radius, middle = size / 2, y - size / 2
    canvas.glow(x, middle, radius * 1.9, (226, 230, 244), 0.35)
    outline = ellipse(x, middle, radius, radius, 28)
    if look == "crescent":
        outline = _crescent(x, middle, radius, rng.uniform(-0.6, 0.6), rng.choice((-1, 1)))
    unit = max(canvas.unit, radius / 6)
    canvas.region(MOON, [outline], lambda box: air.moon(rng, box, unit, look), shines=True)


def _crescent(
    x: float, y: float, radius: float, tilt: float, side: int
) -> list[tuple[float, float]]:
    turns = [math.pi * (i / 12 - 0.5) for i in range(13)]
    outer = [(math.cos(t), math.sin(t)) for t in turns]
    inner = [(0.45 * math.cos(t), math.sin(t)) for t in reversed(turns)]
    cosine, sine = math.cos(tilt), math.sin(tilt)
    return [
        (x + side * radius * (u * cosine - v * sine), y + radius * (u * sine + v * cosine))
        for u, v in outer + inner
    ]


def cloud(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """Puffs on a flat foot, a free heap of puffs, or long thin bands; ``size`` is the height."""
    kind = rng.choice(("cumulus", "cumulus", "heap", "bands"))
    width = size * rng.uniform(1.4, 3.0)
    if kind == "bands":
        parts = [
            ellipse(
                x + rng.uniform(-0.6, 0.6) * width,
                y - rng.uniform(0, 1) * size,
                width * rng.uniform(0.4, 0.9),
                size * rng.uniform(0.08, 0.17),
            )
            for _ in range(rng.randint(2, 5))
        ]
    else:
        parts = []
        for i in range(count := rng.randint(4, 8)):
            along = (i + 0.5) / count * 2 - 1
            radius = size * 0.5 * (1.05 - abs(along) * 0.6) * rng.uniform(0.75, 1.15)
            rise = radius * 0.9 if kind == "cumulus" else rng.uniform(0.1, 0.8) * size
            parts.append(ellipse(x + along * width / 2, y - rise, radius * 1.15, radius))
    canvas.region(CLOUD, parts, lambda box: air.cloud(rng, box, canvas.unit, look))
