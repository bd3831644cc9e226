"""Sky, cloud, sun and moon: smooth, each with its own colors."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image

from ..fields import (
    Color,
    Size,
    colored,
    downward,
    jittered,
    noise,
    relief,
    to_field,
)

_SKY: dict[str, tuple[Color, ...]] = {
    "clear": ((44, 112, 206), (104, 168, 234), (186, 219, 246)),
    "stormy": ((40, 44, 58), (84, 90, 104), (58, 63, 78), (122, 128, 136)),
    "sunset": ((74, 52, 128), (178, 78, 120), (240, 122, 76), (255, 202, 112)),
    "overcast": ((158, 165, 174), (184, 189, 195), (204, 207, 210)),
}
_CLOUD: dict[str, tuple[Color, ...]] = {
    "white": ((188, 198, 216), (240, 243, 248), (255, 255, 255)),
    "pink": ((196, 122, 160), (246, 172, 186), (255, 214, 208)),
    "dark": ((46, 48, 62), (76, 78, 94), (124, 126, 140)),
}
SUNS: dict[str, tuple[Color, ...]] = {
    "yellow": ((255, 250, 176), (255, 228, 60), (255, 196, 20)),
    "red": ((255, 140, 70), (246, 70, 36), (220, 34, 28)),
    "pale": ((255, 255, 255), (255, 253, 232), (250, 240, 204)),
}
_MOON: dict[str, tuple[Color, ...]] = {
    "full": ((158, 160, 172), (222, 224, 228), (240, 240, 236)),
    "crescent": ((172, 172, 176), (232, 230, 214), (250, 246, 226)),
    "orange": ((150, 82, 40), (228, 146, 78), (248, 182, 112)),
}


def sky(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """A gradient; storms have ragged streaks."""
    streaks = look == "stormy"
    clouds = noise(rng, size, 34 * unit, (7 if streaks else 22) * unit).astype(np.int16) - 128
    field = to_field(downward(size) + clouds * (0.9 if streaks else 0.12))
    return colored(field, *(jittered(rng, stop, 9) for stop in _SKY[look]))


def cloud(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Bright on top, shaded puffs below."""
    puffs = noise(rng, size, 5 * unit, 4 * unit).astype(np.int16) - 128
    return colored(to_field(285 - downward(size) * 0.75 + puffs * 0.55), *_CLOUD[look])


def sun(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Brightest in the middle."""
    distance = np.asarray(Image.radial_gradient("L").resize(size))
    return colored(distance, *(jittered(rng, stop, 6) for stop in SUNS[look]), SUNS[look][-1])


def moon(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Pale with gray craters."""
    craters = noise(rng, size, 4 * unit).astype(np.int16)
    hills = relief(rng, size, 2.5 * unit, 0.5).astype(np.int16)
    return colored(to_field(70 + craters * 1.2 + (hills - 128) * 0.4), *_MOON[look])
