"""The skins of things; they also fill areas of their class in hand-drawn maps."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image, ImageDraw

from ..fields import (
    Color,
    Size,
    bricks,
    colored,
    darker,
    downward,
    grain,
    jittered,
    lighter,
    noise,
    to_field,
)

PAINTS: dict[str, Color] = {
    "red": (202, 44, 38),
    "white": (240, 238, 232),
    "blue": (44, 92, 196),
    "yellow": (244, 200, 44),
    "black": (40, 40, 46),
}
"""The colors that painted things and clothes have."""
LEAVES: dict[str, tuple[Color, ...]] = {
    "green": ((10, 52, 22), (24, 88, 34), (44, 120, 44), (112, 172, 66)),
    "autumn": ((112, 34, 14), (184, 72, 18), (226, 120, 26), (250, 190, 60)),
    "bare": ((42, 30, 24), (72, 54, 44), (98, 78, 64), (172, 164, 158)),
    "blossoming": ((176, 84, 126), (232, 136, 172), (250, 184, 206), (255, 236, 242)),
    "pine": ((4, 34, 30), (12, 58, 46), (26, 82, 62), (62, 122, 88)),
}
PETALS: dict[str, Color] = {
    "yellow": (255, 222, 30),
    "purple": (152, 60, 204),
    "red": (232, 30, 52),
    "white": (252, 250, 252),
}
STALK: Color = (16, 72, 44)
GLASS: Color = (74, 104, 136)
FENCES: dict[str, Color] = {
    "white": (244, 242, 236),
    "wooden": (134, 84, 42),
    "iron": (34, 34, 40),
}


def wall(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Boards or bricks of a house."""
    color = jittered(rng, PAINTS[look], 8)
    stones = bricks(rng, size, (5 * unit, 2.5 * unit), 0.6 * unit)
    return colored(stones, darker(color, 0.3), darker(color, 0.1), color, lighter(color, 0.1))


def facade(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """A wall with rows of windows."""
    picture = wall(rng, size, unit, look)
    pen = ImageDraw.Draw(picture)
    step, wide, high = 13 * unit, 5 * unit, 6 * unit
    for row in range(int(size[1] / step) + 1):
        for column in range(int(size[0] / step) + 1):
            left, top = (column + 0.3) * step, (row + 0.3) * step
            frame = [round(left), round(top), round(left + wide), round(top + high)]
            pen.rectangle(frame, fill=GLASS, outline=(250, 250, 250), width=round(unit) or 1)
    return picture


def roof(rng: Random, size: Size, unit: float, color: Color) -> Image.Image:
    """Rows of tiles."""
    tiles = bricks(rng, size, (2.6 * unit, 2.2 * unit), 0.6 * unit)
    return colored(tiles, darker(color, 0.45), darker(color, 0.12), color, lighter(color, 0.18))


def tower(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """A round tower, shaded toward its right side; striped ones have red bands."""
    across = np.abs(np.arange(size[0]) * 255 // max(size[0], 1) - 90)[None, :]
    shade = to_field(255 - across * 0.8 + np.zeros((size[1], 1)))
    color = PAINTS["yellow" if look == "yellow" else "white"]
    picture = colored(shade, darker(color, 0.5), color, lighter(color, 0.3))
    if look == "striped":
        red = colored(shade, (92, 8, 14), (214, 34, 36), (240, 70, 66))
        band = 7 * unit
        rows = (np.arange(size[1])[::-1] // band % 2 > 0)[:, None] & np.ones(size[0], bool)
        picture.paste(red, (0, 0), Image.fromarray((rows * 255).astype(np.uint8)))
    return picture


def foliage(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Clumps of leaves, brighter above; twigs where the tree is bare."""
    if look == "bare":
        twigs = noise(rng, size, max(1.0, 1.1 * unit), 5 * unit).astype(np.int16) - 128
        return colored(to_field(110 + twigs), *LEAVES[look])
    clumps = noise(rng, size, 3.4 * unit, 2.8 * unit).astype(np.int16) - 128
    leaves = grain(rng, size, max(1.0, unit)).astype(np.int16) - 128
    field = 150 + clumps * 0.8 + leaves * 0.32 - downward(size) * 0.4
    return colored(to_field(field), *(jittered(rng, stop, 8) for stop in LEAVES[look]))


def flower_bed(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Blossoms close together over dark leaves."""
    leaves = noise(rng, size, max(1.0, 0.8 * unit), 3 * unit)
    picture = colored(leaves, (10, 50, 16), (28, 96, 28), (70, 140, 50))
    pen = ImageDraw.Draw(picture)
    step = 5.0 * unit
    for row in range(int(size[1] / step) + 2):
        for column in range(int(size[0] / step) + 2):
            x = (column + row % 2 * 0.5 + rng.uniform(-0.2, 0.2)) * step
            y = (row + rng.uniform(-0.2, 0.2)) * step
            draw_blossom(pen, x, y, 1.9 * unit, PETALS[look])
    return picture


def draw_blossom(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, color: Color) -> None:
    """Petals around a dark middle."""
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        _dot(pen, x + dx * radius * 0.6, y + dy * radius * 0.6, radius * 0.62, color)
    _dot(pen, x, y, radius * 0.4, (112, 64, 8))


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, color: Color) -> None:
    pen.ellipse(
        [round(x - radius), round(y - radius), round(x + radius), round(y + radius)], fill=color
    )


def planks(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Upright planks with dark gaps."""
    color = FENCES[look]
    across = np.arange(size[0])[None, :] % max(3, round(3 * unit))
    gap = across < max(1, round(0.9 * unit))
    wood = noise(rng, size, max(1.0, unit), 9 * unit).astype(np.int16)
    field = np.where(gap, 0, 130 + wood // 2)
    return colored(to_field(field), (24, 26, 22), darker(color, 0.3), color)


def hull(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Long boards, lighter above."""
    color = PAINTS[look]
    boards = np.arange(size[1])[:, None] % max(3, round(2.6 * unit)) < max(1, round(0.7 * unit))
    gloss = noise(rng, size, 9 * unit, 2 * unit).astype(np.int16) - 128
    field = 200 - downward(size) * 0.35 + gloss * 0.2 - boards * 90
    return colored(to_field(field), darker(color, 0.6), color, lighter(color, 0.25))


def clothes(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Cloth with folds and a checked weave."""
    color = PAINTS[look]
    folds = noise(rng, size, 2.4 * unit, 5 * unit).astype(np.int16) - 128
    step = max(2, round(1.5 * unit))
    x, y = np.arange(size[0])[None, :] // step % 2, np.arange(size[1])[:, None] // step % 2
    field = 165 + folds * 0.5 - (x ^ y) * 46
    return colored(to_field(field), darker(color, 0.6), color, lighter(color, 0.2))


def bodywork(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Glossy metal with light and dark reflections lying across."""
    color = PAINTS[look]
    shine = noise(rng, size, 26 * unit, 3 * unit).astype(np.int16)
    field = shine * 1.3 - 20
    return colored(to_field(field), darker(color, 0.5), color, color, (255, 255, 255))


def feathers(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Short slanting rows of feathers."""
    color = PAINTS[look]
    x, y = np.arange(size[0])[None, :], np.arange(size[1])[:, None]
    rows = (x + y * 2) % max(4, round(4 * unit)) * 255 / max(4, round(4 * unit))
    soft = noise(rng, size, 2 * unit).astype(np.int16) - 128
    field = to_field(rows + soft * 0.3)
    return colored(field, darker(color, 0.25), color, lighter(color, 0.25))


def envelope(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """The cloth of a balloon: upright panels, some of another color."""
    panel = max(3, round(5 * unit))
    x = np.arange(size[0])[None, :]
    bulge = to_field(235 - np.abs(x % panel * 255 // panel - 128) * 0.9 + np.zeros((size[1], 1)))
    bulge = to_field(bulge - downward(size) * 0.25)
    color = PAINTS["red" if look == "striped" else look]
    picture = colored(bulge, darker(color, 0.55), color, lighter(color, 0.45))
    if look == "striped":
        other = colored(bulge, (150, 120, 20), (250, 208, 50), (255, 240, 150))
        odd = (x // panel % 2 > 0) & np.ones((size[1], 1), bool)
        picture.paste(other, (0, 0), Image.fromarray((odd * 255).astype(np.uint8)))
    return picture
