"""Trees and flowers."""

from __future__ import annotations

import math
from random import Random

from ..canvas import Canvas, Point
from ..classes import FLOWER, TREE
from ..curves import blob, ellipse
from ..fields import Color, darker, jittered, lighter
from ..textures import surfaces

_BARK: Color = (92, 64, 42)


def tree(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A trunk with a crown, bare branches, or a conifer."""
    canvas.shadow(x, y, size * 0.28, size * 0.06)
    if look == "bare":
        bark = jittered(rng, (74, 56, 46), 10)
        _branch(canvas, rng, (x, y), -math.pi / 2, size * 0.3, size * 0.07, 5, bark)
    elif look == "pine":
        _conifer(canvas, rng, x, y, size)
    else:
        _broadleaf(canvas, rng, x, y, size, look)


def _broadleaf(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    shape = rng.choice(("round", "round", "tall", "wide"))
    bare_part = size * rng.uniform(0.22, 0.45)
    wide = size * {"round": 0.34, "tall": 0.2, "wide": 0.46}[shape]
    lean = rng.uniform(-0.12, 0.12) * size
    bark, foot = jittered(rng, _BARK, 12), max(canvas.thin(), size * rng.uniform(0.05, 0.1))
    top = y - bare_part - size * 0.1
    _tapered(canvas, (x, y), (x + lean, top), foot, foot * 0.6, bark)
    for side in (-1, 1):
        canvas.line(
            TREE,
            [(x + lean * 0.7, y - bare_part * 0.75), (x + lean + side * wide * 0.6, top)],
            bark,
            foot * 0.4,
        )
    middle, high = y - (bare_part + size) / 2, (size - bare_part) / 2
    crown = [blob(rng, x + lean, middle, wide * 0.75, high * 0.85)]
    for _ in range(rng.randint(4, 7)):
        turn, reach = rng.uniform(0, 2 * math.pi), rng.uniform(0.35, 0.75)
        at = (x + lean + wide * reach * math.cos(turn), middle + high * reach * math.sin(turn))
        crown.append(ellipse(*at, wide * rng.uniform(0.3, 0.5), high * rng.uniform(0.3, 0.45), 14))
    unit = _leaf_unit(canvas, size)
    canvas.region(TREE, crown, lambda box: surfaces.foliage(rng, box, unit, look))


def _leaf_unit(canvas: Canvas, size: float) -> float:
    return canvas.unit * min(1.3, max(0.6, size / (50 * canvas.unit)))


def _tapered(
    canvas: Canvas, foot: Point, top: Point, wide: float, narrow: float, color: Color
) -> None:
    half, thin = max(canvas.thin(), wide) / 2, max(canvas.thin(), narrow) / 2
    light = lighter(color, 0.2)
    outline = [(foot[0] - half, foot[1]), (top[0] - thin, top[1])]
    outline += [(top[0] + thin - 1, top[1]), (foot[0] + half - 1, foot[1])]
    canvas.polygon(TREE, outline, color)
    if half > 3:
        canvas.line(TREE, [(foot[0] - half * 0.3, foot[1]), (top[0] - thin * 0.3, top[1])], light)


def _branch(
    canvas: Canvas,
    rng: Random,
    start: Point,
    turn: float,
    length: float,
    width: float,
    rounds: int,
    color: Color,
) -> None:
    end = (start[0] + length * math.cos(turn), start[1] + length * math.sin(turn))
    canvas.line(TREE, [start, end], color, width)
    if rounds == 0 or length < 2 * canvas.unit:
        return
    for side in (-1, 1):
        spread = side * rng.uniform(0.25, 0.65)
        shorter = length * rng.uniform(0.62, 0.84)
        _branch(canvas, rng, end, turn + spread, shorter, width * 0.62, rounds - 1, color)


def _conifer(canvas: Canvas, rng: Random, x: float, y: float, size: float) -> None:
    """Ragged tiers over a short trunk."""
    half = size * rng.uniform(0.16, 0.26)
    bark = jittered(rng, _BARK, 10)
    _tapered(canvas, (x, y), (x, y - size * 0.3), size * 0.06, size * 0.05, bark)
    foot, tiers = y - size * rng.uniform(0.1, 0.2), rng.randint(4, 6)
    high = foot - (y - size)
    left, right = [], []
    for tier in range(tiers):
        top, bottom = y - size + high * tier / tiers, y - size + high * (tier + 1.25) / tiers
        wide = half * (tier + 1) / tiers * rng.uniform(0.9, 1.1)
        inner = half * tier / tiers * 0.5
        left += [(x - inner, top), (x - wide, min(bottom, foot))]
        right += [(x + inner, top), (x + wide, min(bottom, foot))]
    unit = _leaf_unit(canvas, size)
    canvas.region(TREE, [left + right[::-1]], lambda box: surfaces.foliage(rng, box, unit, "pine"))


def flowers(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A group of flowers on stalks with leaves; ``size`` is the height of the tallest."""
    count = rng.randint(1, 4) if size > 24 * canvas.unit else rng.randint(3, 9)
    spread = size * 0.28 * count
    feet = sorted((y - rng.uniform(0, 0.35) * size, rng.uniform(-1, 1)) for _ in range(count))
    for foot, side in feet:
        _flower(canvas, rng, x + side * spread / 2, foot, size * rng.uniform(0.6, 1.0), look)


def _flower(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    lean = rng.uniform(-0.15, 0.15) * size
    head, top = size * 0.3, y - size
    stalk = jittered(rng, surfaces.STALK, 10)
    canvas.line(
        FLOWER, [(x, y), (x + lean * 0.4, y - size / 2), (x + lean, top)], stalk, size * 0.07
    )
    for side in (-1, 1):
        tip = (x + side * size * 0.3, y - size * rng.uniform(0.35, 0.5))
        leaf = [(x, y - size * 0.12), (x + side * size * 0.12, y - size * 0.48), tip]
        canvas.polygon(FLOWER, leaf, lighter(stalk, 0.12))
    color = jittered(rng, surfaces.PETALS[look], 8)
    middle = (x + lean, top + head * 0.4)
    petals, start = rng.randint(5, 8), rng.uniform(0, 1)
    for i in range(petals):
        turn = 2 * math.pi * (i + start) / petals
        shade = color if i % 2 else darker(color, 0.14)
        at = (middle[0] + head * 0.62 * math.cos(turn), middle[1] + head * 0.62 * math.sin(turn))
        canvas.ellipse(FLOWER, *at, head * 0.42, head * 0.42, shade)
    canvas.ellipse(FLOWER, *middle, head * 0.33, head * 0.33, (112, 64, 8))
