"""Sea, sand, grass, snow and road."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image, ImageDraw

from ..fields import (
    Color,
    Size,
    bricks,
    colored,
    downward,
    grain,
    jittered,
    noise,
    receding,
    to_field,
)

_SEA: dict[str, tuple[Color, ...]] = {
    "calm": ((26, 84, 158), (44, 108, 184), (62, 128, 202), (132, 182, 230)),
    "rough": ((10, 30, 58), (24, 56, 92), (46, 88, 124), (84, 126, 154), (240, 246, 248)),
    "turquoise": ((0, 126, 140), (16, 168, 172), (54, 200, 194), (174, 244, 232)),
}
_SAND: dict[str, tuple[Color, ...]] = {
    "yellow": ((176, 132, 70), (222, 184, 112), (236, 204, 136), (248, 226, 170)),
    "white": ((186, 178, 162), (234, 228, 214), (246, 241, 230), (255, 252, 246)),
    "red": ((128, 60, 34), (188, 98, 58), (206, 118, 74), (226, 146, 102)),
}
_GRASS: dict[str, tuple[Color, ...]] = {
    "green": ((22, 84, 22), (54, 134, 38), (84, 168, 52), (150, 210, 86)),
    "dry": ((122, 98, 34), (172, 146, 62), (200, 178, 86), (230, 212, 130)),
    "mown": ((30, 104, 40), (54, 140, 54), (104, 186, 74), (140, 212, 96)),
}
_SNOW: dict[str, tuple[Color, ...]] = {
    "fresh": ((186, 204, 232), (222, 233, 248), (244, 248, 254), (255, 255, 255)),
    "icy": ((122, 180, 214), (166, 212, 234), (198, 230, 244), (236, 250, 254)),
    "muddy": ((92, 72, 54), (150, 136, 124), (228, 230, 234), (246, 248, 250)),
}
_ROAD: dict[str, tuple[Color, ...]] = {
    "asphalt": ((58, 58, 64), (78, 78, 84), (96, 96, 102)),
    "dirt": ((92, 62, 38), (132, 94, 60), (156, 116, 78), (180, 142, 102)),
    "cobblestone": ((44, 40, 40), (84, 78, 76), (132, 124, 120), (172, 164, 158)),
}


def sea(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Waves that grow toward the viewer."""
    width, height = size
    long, high = {"calm": (11, 1.7), "rough": (7, 2.8), "turquoise": (7, 2.2)}[look]
    waves = receding(noise(rng, (width, height * 2), long * unit, high * unit), height)
    depth = 128 - downward(size)
    contrast = {"calm": 0.55, "rough": 1.15, "turquoise": 0.75}[look]
    field = to_field((waves.astype(np.int16) - 128) * contrast + 112 + depth * 0.3)
    return colored(field, *(jittered(rng, stop, 8) for stop in _SEA[look]))


def sand(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Grains and soft dunes, some pebbles."""
    dunes = noise(rng, size, 22 * unit, 6 * unit).astype(np.int16) - 128
    grains = grain(rng, size, max(1.0, 0.9 * unit)).astype(np.int16)
    field = 165 + dunes * 0.35 + (grains - 128) * 0.3
    field[grains > 250] = 40
    return colored(to_field(field), *(jittered(rng, stop, 8) for stop in _SAND[look]))


def grass(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Upright blades; a mown lawn has stripes."""
    tall = {"green": 4.0, "dry": 5.5, "mown": 2.2}[look]
    blades = noise(rng, size, max(1.0, 0.75 * unit), tall * unit).astype(np.int16) - 128
    patches = noise(rng, size, 24 * unit, 9 * unit).astype(np.int16) - 128
    field = 122 + blades * 0.75 + patches * 0.3 - (downward(size) - 128) * 0.12
    if look == "mown":
        field = field + _stripes(rng, size, unit)
    return colored(to_field(field), *(jittered(rng, stop, 8) for stop in _GRASS[look]))


def _stripes(rng: Random, size: Size, unit: float) -> np.ndarray:
    x, y = np.arange(size[0])[None, :], np.arange(size[1])[:, None]
    slope = rng.choice((-1, 1)) * rng.uniform(0.3, 1.5)
    return ((x + y * slope) // (rng.uniform(6, 10) * unit) % 2) * 90 - 45


def snow(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Soft blue shadows and sparkle; ice has cracks, mud shows through."""
    drifts = noise(rng, size, 16 * unit, 5 * unit).astype(np.int16) - 128
    sparkle = grain(rng, size, max(1.0, 0.9 * unit)).astype(np.int16)
    if look == "muddy":
        holes = noise(rng, size, 7 * unit, 3 * unit).astype(np.int16)
        field = 225 + drifts * 0.2 - np.maximum(0, 110 - holes) * 4
    else:
        field = 150 + drifts * 0.7 + (sparkle > 244) * 90
    picture = colored(to_field(field), *(jittered(rng, stop, 5) for stop in _SNOW[look]))
    if look == "icy":
        _crack(rng, picture, unit)
    return picture


def _crack(rng: Random, picture: Image.Image, unit: float) -> None:
    pen = ImageDraw.Draw(picture)
    for _ in range(3 + int(picture.width * picture.height / (700 * unit * unit))):
        x, y = rng.uniform(0, picture.width), rng.uniform(0, picture.height)
        points = [(round(x), round(y))]
        for _ in range(4):
            x, y = x + rng.uniform(-9, 9) * unit, y + rng.uniform(-5, 5) * unit
            points.append((round(x), round(y)))
        pen.line(points, fill=(74, 134, 178), width=max(1, round(0.7 * unit)))


def road(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Asphalt with fine grain, trodden earth, or rows of stones."""
    if look == "cobblestone":
        stones = bricks(rng, size, (4.2 * unit, 2.6 * unit), 0.8 * unit)
        return colored(stones, *_ROAD[look])
    grains = grain(rng, size, max(1.0, 0.9 * unit)).astype(np.int16) - 128
    coarse = noise(rng, size, 10 * unit, 4 * unit).astype(np.int16) - 128
    rough = 0.5 if look == "dirt" else 0.15
    field = 128 + grains * 0.35 + coarse * rough
    return colored(to_field(field), *(jittered(rng, stop, 6) for stop in _ROAD[look]))
