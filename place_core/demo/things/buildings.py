"""Houses and lighthouses."""

from __future__ import annotations

from random import Random

from ..canvas import Canvas
from ..classes import HOUSE, LIGHTHOUSE
from ..fields import Color, darker, jittered
from ..textures import surfaces

_ROOFS: tuple[Color, ...] = ((112, 52, 40), (84, 82, 92), (136, 82, 46), (62, 64, 74))
_FRAME: Color = (250, 248, 240)


def house(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """Walls with door and windows under a gable or a long roof, perhaps a chimney."""
    gable = rng.random() < 0.5
    half = size * (rng.uniform(0.36, 0.48) if gable else rng.uniform(0.5, 0.85))
    floors = 2 if size > 40 * canvas.unit and rng.random() < 0.5 else 1
    eaves = y - size * (0.6 if floors == 2 else 0.5)
    unit = canvas.unit * min(1.6, max(0.7, size / (40 * canvas.unit)))
    color = jittered(rng, rng.choice(_ROOFS), 8)
    canvas.shadow(x, y, half * 1.3, size * 0.08)
    if rng.random() < 0.6:
        _chimney(canvas, x + rng.choice((-1, 1)) * half * 0.5, y - size, size, eaves)
    front = [(x - half, y), (x - half, eaves), (x + half, eaves), (x + half, y)]
    over, peak = half * 0.14, y - size
    if gable:
        front[2:2] = [(x, peak)]
    canvas.region(HOUSE, [front], lambda box: surfaces.wall(rng, box, unit, look))
    if gable:
        _gable_roof(canvas, x, eaves, peak, half, over, size, color)
    else:
        inset = half * rng.uniform(0.0, 0.35)
        slope = [(x - half - over, eaves), (x - half + inset, peak), (x + half - inset, peak)]
        slope.append((x + half + over, eaves))
        canvas.region(HOUSE, [slope], lambda box: surfaces.roof(rng, box, unit, color))
        canvas.line(HOUSE, [slope[0], slope[-1]], darker(color, 0.5))
    _openings(canvas, rng, x, y, eaves, half, floors)


def _gable_roof(
    canvas: Canvas,
    x: float,
    eaves: float,
    peak: float,
    half: float,
    over: float,
    size: float,
    color: Color,
) -> None:
    thick = max(canvas.thin(), size * 0.09)
    low = eaves + over * (eaves - peak) / half
    for side in (-1, 1):
        edge = x + side * (half + over)
        outline = [(x, peak - thick), (edge, low - thick * 0.4), (edge, low + thick * 0.4)]
        canvas.polygon(HOUSE, [*outline, (x, peak + thick * 0.5)], color)


def _chimney(canvas: Canvas, x: float, top: float, size: float, bottom: float) -> None:
    wide = max(canvas.thin(1.5), size * 0.1) / 2
    canvas.box(HOUSE, x - wide, top - size * 0.06, x + wide, bottom, (128, 66, 52))
    canvas.box(HOUSE, x - wide, top - size * 0.06, x + wide, top - size * 0.01, (70, 50, 46))


def _openings(
    canvas: Canvas,
    rng: Random,
    x: float,
    y: float,
    eaves: float,
    half: float,
    floors: int,
) -> None:
    columns = max(2, min(5, round(half * 2 / max((y - eaves) / floors * 0.75, 1))))
    door = rng.randrange(columns)
    story, step = (y - eaves) / floors, 2 * half / columns
    wide, rim = min(step * 0.26, story * 0.24), max(1.0, 0.6 * canvas.unit)
    for floor in range(floors):
        for column in range(columns):
            middle, foot = x - half + step * (column + 0.5), y - floor * story
            if floor == 0 and column == door:
                brown = (84, 52, 34)
                canvas.box(HOUSE, middle - wide, foot - story * 0.66, middle + wide, foot, brown)
                continue
            high, low = foot - story * 0.76, foot - story * 0.3
            canvas.box(
                HOUSE, middle - wide - rim, high - rim, middle + wide + rim, low + rim, _FRAME
            )
            lit = rng.random() < 0.75
            glass = (255, 214, 112) if lit and canvas.night else surfaces.GLASS
            canvas.box(HOUSE, middle - wide, high, middle + wide, low, glass, lit)
            if wide > 2.5 * canvas.unit:
                canvas.box(HOUSE, middle - rim / 2, high, middle + rim / 2, low, _FRAME)


def lighthouse(canvas: Canvas, rng: Random, x: float, y: float, size: float, look: str) -> None:
    """A tapered tower, a gallery with a railing, a lantern and a cap."""
    foot, neck = size * rng.uniform(0.13, 0.19), size * rng.uniform(0.075, 0.11)
    top = y - size * 0.76
    canvas.shadow(x, y, foot * 2, size * 0.04)
    unit = max(0.7, min(2.5, size / (50 * canvas.unit))) * canvas.unit
    body = [(x - foot, y), (x - neck, top), (x + neck, top), (x + foot, y)]
    canvas.region(LIGHTHOUSE, [body], lambda box: surfaces.tower(rng, box, unit, look))
    iron, lamp = (44, 44, 54), (255, 236, 150)
    wide, thin = neck * 1.6, canvas.thin()
    rail = top - size * 0.06
    canvas.box(LIGHTHOUSE, x - neck * 0.62, top - size * 0.14, x + neck * 0.62, top, lamp, True)
    canvas.line(LIGHTHOUSE, [(x, top - size * 0.14), (x, top)], iron)
    canvas.box(LIGHTHOUSE, x - wide, top - thin, x + wide, top + thin * 0.5, iron)
    canvas.box(LIGHTHOUSE, x - wide, rail - thin / 2, x + wide, rail + thin / 2, iron)
    for side in (-1, -0.5, 0.5, 1):
        canvas.line(
            LIGHTHOUSE, [(x + side * (wide - thin / 2), rail), (x + side * wide, top)], iron
        )
    cap = [(x - neck * 0.8, top - size * 0.13), (x, y - size), (x + neck * 0.8, top - size * 0.13)]
    canvas.polygon(LIGHTHOUSE, cap, (176, 34, 34) if look != "white" else iron)
    for share in (0.3, 0.55):
        at = y - size * 0.76 * share
        canvas.box(LIGHTHOUSE, x - thin, at - size * 0.03, x + thin, at + size * 0.02, iron)
    canvas.box(LIGHTHOUSE, x - foot * 0.3, y - size * 0.1, x + foot * 0.3, y, (70, 46, 40))
