"""Boats: sailing, rowing, fishing."""

from __future__ import annotations

from random import Random

from ..canvas import Canvas, Point
from ..classes import BOAT
from ..fields import Color, darker, jittered
from ..textures import surfaces

_WOOD: Color = (98, 66, 40)
_SAIL: Color = (250, 247, 236)
_DECK = 5
"""Points of a hull's outline that belong to its deck."""


def boat(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A hull on the water; ``size`` is the height up to the tip of a sailing boat's mast."""
    kind = rng.choice(("sail", "sail", "fishing", "rowing"))
    half = size * (rng.uniform(0.34, 0.5) if kind == "sail" else rng.uniform(0.45, 0.6))
    side, deep = rng.choice((-1, 1)), size * (0.2 if kind == "sail" else 0.26)
    canvas.shadow(x, y + deep * 0.1, half * 1.15, deep * 0.45)
    deck = y - deep
    if kind == "sail":
        _sails(canvas, rng, x, deck, size - deep, half, side, look)
    elif kind == "fishing":
        _cabin(canvas, x, deck, size, half, side)
    hull = _hull(x, y, deck, half, side)
    unit = canvas.unit * min(1.5, max(0.7, size / (40 * canvas.unit)))
    canvas.region(BOAT, [hull], lambda box: surfaces.hull(rng, box, unit, look))
    rim = darker(surfaces.PAINTS[look], 0.6) if look == "white" else _SAIL
    canvas.line(BOAT, hull[:_DECK], rim, canvas.thin(1.2))
    if kind == "rowing":
        _oars(canvas, x, deck, size, half, rng)


def _hull(x: float, y: float, deck: float, half: float, side: int) -> list[Point]:
    """First the deck from stern to bow, sagging a little, then the round belly back."""
    deep = y - deck
    top = [(-1.0, -0.1), (-0.5, 0.06), (0.0, 0.1), (0.6, 0.0), (1.18, -0.32)]
    belly = [(1.0, 0.3), (0.78, 0.75), (0.5, 1.0), (-0.62, 1.0), (-0.86, 0.7)]
    return [(x + side * half * u, deck + deep * v) for u, v in top + belly]


def _sails(
    canvas: Canvas,
    rng: Random,
    x: float,
    deck: float,
    high: float,
    half: float,
    side: int,
    look: str,
) -> None:
    mast, top = x + side * half * 0.15, deck - high
    canvas.line(BOAT, [(mast, deck), (mast, top)], _WOOD)
    gap, low = canvas.thin() * side, deck - high * 0.1
    sail = jittered(rng, _SAIL, 8)
    stripe = surfaces.PAINTS[look]
    main = [(mast - gap, top + high * 0.05), (mast - gap, low), (mast - side * half * 0.95, low)]
    canvas.polygon(BOAT, main, sail)
    band = [(mast - gap, low - high * 0.2), (mast - gap, low - high * 0.34)]
    share = [1 - (low - p[1]) / (high * 0.85) for p in band]
    slope = [(mast - gap - side * half * 0.92 * s, p[1]) for p, s in zip(band, share, strict=True)]
    canvas.polygon(BOAT, [*band, slope[1], slope[0]], stripe)
    if rng.random() < 0.7:
        jib = [(mast + gap, top + high * 0.18), (mast + gap, low), (mast + side * half * 0.8, low)]
        canvas.polygon(BOAT, jib, darker(sail, 0.1))
    if rng.random() < 0.5:
        tip = [(mast, top), (mast - side * high * 0.16, top + high * 0.04)]
        canvas.polygon(BOAT, [*tip, (mast, top + high * 0.09)], (214, 40, 40))


def _cabin(canvas: Canvas, x: float, deck: float, size: float, half: float, side: int) -> None:
    high, left = size * 0.26, x - half * 0.5 - side * half * 0.15
    right = left + half * 0.8
    canvas.box(BOAT, left, deck - high, right, deck + 1, (242, 240, 232))
    canvas.box(BOAT, left - 1, deck - high, right + 1, deck - high * 0.8, _WOOD)
    step = (right - left) / 3
    for i in range(3):
        at = left + step * (i + 0.25)
        canvas.box(
            BOAT, at, deck - high * 0.65, at + step * 0.5, deck - high * 0.25, surfaces.GLASS
        )
    mast, top = x + side * half * 0.45, deck - size * 0.62
    canvas.line(BOAT, [(mast, deck), (mast, top)], _WOOD)
    canvas.line(BOAT, [(mast, top), (x - side * half * 0.95, deck)], (60, 54, 50))
    canvas.line(BOAT, [(mast, top + size * 0.1), (x + side * half * 1.05, deck)], (60, 54, 50))


def _oars(canvas: Canvas, x: float, deck: float, size: float, half: float, rng: Random) -> None:
    """Oars and benches; nobody sits there, so that the class stays one."""
    wide = max(canvas.thin(), size * 0.025)
    for side in (-1, 1):
        inner, outer = x + side * half * 0.1, x + side * half * rng.uniform(0.7, 1.1)
        canvas.line(BOAT, [(inner, deck - size * 0.14), (outer, deck + size * 0.34)], _WOOD, wide)
        canvas.line(
            BOAT, [(outer, deck + size * 0.26), (outer, deck + size * 0.34)], _WOOD, wide * 2
        )
    for share in (-0.45, 0.1, 0.6):
        at = x + share * half
        canvas.box(
            BOAT, at - half * 0.13, deck - size * 0.03, at + half * 0.13, deck + size * 0.03, _WOOD
        )
