"""People and birds."""

from __future__ import annotations

from random import Random

from ..canvas import Canvas
from ..classes import BIRD, PERSON
from ..curves import ellipse
from ..fields import Color, darker, jittered
from ..textures import surfaces

_SKIN: tuple[Color, ...] = ((240, 196, 164), (206, 150, 112), (140, 90, 62))
_HAIR: tuple[Color, ...] = ((40, 28, 24), (110, 66, 34), (206, 170, 96), (70, 44, 30))
_TROUSERS: tuple[Color, ...] = ((46, 50, 72), (84, 70, 56), (60, 60, 64))


def person(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """Head, hair, clothes of one color, arms and legs; some wear a dress."""
    skin, hair = rng.choice(_SKIN), rng.choice(_HAIR)
    trousers = rng.choice(_TROUSERS)
    head, limb = size * 0.105, max(canvas.thin(), size * 0.075)
    neck, hip, wide = y - size * 0.79, y - size * 0.42, size * 0.17
    stride = size * rng.uniform(0.05, 0.14)
    canvas.shadow(x, y, size * 0.22, size * 0.04)
    for side in (-1, 1):
        foot = x + side * stride
        canvas.line(PERSON, [(x + side * wide * 0.4, hip), (foot, y)], trousers, limb * 1.15)
    dress = rng.random() < 0.4
    low, flare = (y - size * 0.22, 1.5) if dress else (hip + size * 0.03, 0.8)
    body = [(x - wide, neck), (x + wide, neck), (x + wide * flare, low), (x - wide * flare, low)]
    unit = canvas.unit * min(1.5, max(0.6, size / (50 * canvas.unit)))
    canvas.region(PERSON, [body], lambda box: surfaces.clothes(rng, box, unit, look))
    sleeve = darker(surfaces.PAINTS[look], 0.18)
    for side in (-1, 1):
        hand = (x + side * wide * rng.uniform(1.2, 2.2), neck + size * rng.uniform(-0.12, 0.36))
        elbow = (x + side * wide * 1.45, neck + size * 0.18)
        canvas.line(PERSON, [(x + side * wide * 0.8, neck + limb / 2), elbow, hand], sleeve, limb)
        canvas.ellipse(PERSON, *hand, limb * 0.55, limb * 0.55, skin)
    top = y - size + head
    canvas.ellipse(PERSON, x, top - head * 0.2, head * 1.12, head * 1.05, hair)
    canvas.ellipse(PERSON, x, top + head * 0.25, head * 0.86, head * 0.95, skin)
    if rng.random() < 0.3:
        canvas.box(
            PERSON, x - head * 1.7, top - head * 0.7, x + head * 1.7, top - head * 0.3, sleeve
        )


def bird(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A bird in flight, from the front (two wings) or from the side; ``size`` is its height."""
    color = jittered(rng, surfaces.PAINTS[look], 8)
    if size < 8 * canvas.unit or (size < 15 * canvas.unit and rng.random() < 0.5):
        _gliding(canvas, rng, x, y, size, color)
    else:
        _flapping(canvas, rng, x, y, size, look, color)


def _gliding(canvas: Canvas, rng: Random, x: float, y: float, size: float, color: Color) -> None:
    span, thick = size * rng.uniform(1.0, 1.5), max(canvas.thin(1.2), size * 0.16)
    dip = y - size * 0.3
    for side in (-1, 1):
        bend, tip = (x + side * span * 0.5, y - size), (x + side * span, y - size * 0.55)
        wing = [(x, dip - thick), bend, tip, (x + side * span * 0.5, y - size + thick * 1.3)]
        canvas.polygon(BIRD, [*wing, (x, dip + thick * 0.5)], color)
    canvas.ellipse(BIRD, x, dip, thick * 0.9, thick * 0.9, darker(color, 0.25))


def _flapping(
    canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str, color: Color
) -> None:
    side, long = rng.choice((-1, 1)), size * rng.uniform(0.62, 0.8)
    middle = y - size * 0.35
    unit = canvas.unit * 0.8
    tail = [(x - side * long * 0.7, middle), (x - side * long * 1.4, middle - size * 0.12)]
    canvas.polygon(BIRD, [*tail, (x - side * long * 1.3, middle + size * 0.14)], darker(color, 0.2))
    parts = [
        ellipse(x, middle, long * 0.85, size * 0.2),
        ellipse(x + side * long * 0.85, middle - size * 0.12, size * 0.16, size * 0.15, 12),
    ]
    canvas.region(BIRD, parts, lambda box: surfaces.feathers(rng, box, unit, look))
    for shade, swing, root in ((darker(color, 0.3), 0.9, 0.35), (color, 0.7, 0.1)):
        up = middle - rng.choice((1, 1, -0.6)) * size * swing * 0.7
        wing = [(x + side * long * (root + 0.3), middle), (x + side * long * (root - 0.2), up)]
        wing += [
            (x - side * long * (0.9 - root), up - size * 0.04),
            (x - side * long * 0.3, middle),
        ]
        canvas.polygon(BIRD, wing, shade)
    beak = x + side * (long * 0.85 + size * 0.14)
    tip = (beak + side * size * 0.2, middle - size * 0.08)
    canvas.polygon(
        BIRD, [(beak, middle - size * 0.18), tip, (beak, middle - size * 0.02)], (246, 168, 30)
    )
