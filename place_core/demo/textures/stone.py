"""Mountain and rock: facets, large and hazy or small and hard."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image, ImageDraw

from ..fields import (
    Color,
    Size,
    colored,
    downward,
    grain,
    jittered,
    noise,
    relief,
    to_field,
)

_MOUNTAIN: dict[str, tuple[Color, ...]] = {
    "rocky": ((62, 58, 78), (112, 104, 118), (150, 142, 148), (192, 184, 182)),
    "snowy": ((66, 76, 104), (98, 108, 134), (132, 142, 164), (164, 174, 192)),
    "green": ((20, 58, 52), (42, 92, 72), (66, 122, 86), (104, 154, 106)),
    "red": ((88, 34, 40), (146, 66, 58), (184, 96, 76), (216, 138, 110)),
}
_SNOW_CAP: tuple[Color, ...] = ((150, 168, 206), (214, 224, 242), (252, 253, 255))
_ROCK: dict[str, tuple[Color, ...]] = {
    "gray": ((44, 44, 46), (96, 96, 98), (138, 137, 134), (196, 194, 188)),
    "mossy": ((40, 42, 34), (86, 88, 78), (122, 122, 110), (172, 170, 156)),
    "red": ((74, 26, 14), (132, 58, 36), (166, 84, 56), (206, 128, 92)),
}
_MOSS: tuple[Color, ...] = ((40, 66, 14), (92, 124, 26), (146, 168, 48))


def mountain(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Big facets lit from one side; a snow cap comes down in tongues."""
    facets = relief(rng, size, 12 * unit, 0.7).astype(np.int16)
    facets = facets + (relief(rng, size, 5 * unit, 0.45).astype(np.int16) - 128)
    stops = [jittered(rng, stop, 8) for stop in _MOUNTAIN[look]]
    if look == "green":
        woods = noise(rng, size, 1.6 * unit).astype(np.int16) - 128
        return colored(to_field(facets + woods * 0.45), *stops)
    picture = colored(to_field(facets), *stops)
    if look == "snowy":
        tongues = noise(rng, size, 5 * unit, 14 * unit).astype(np.int16) - 128
        line = rng.uniform(70, 150)
        cap = to_field((line - downward(size) + tongues * 0.9) * 40)
        picture.paste(colored(to_field(facets + 30), *_SNOW_CAP), (0, 0), Image.fromarray(cap))
    return picture


def rock(rng: Random, size: Size, unit: float, look: str) -> Image.Image:
    """Small hard facets with cracks and speckles, darker at the foot."""
    facets = relief(rng, size, 6 * unit, 1.0).astype(np.int16)
    speckles = grain(rng, size, max(1.0, 0.9 * unit)).astype(np.int16) - 128
    field = facets + speckles * 0.22 - (downward(size) - 110) * 0.35
    picture = colored(to_field(field), *(jittered(rng, stop, 8) for stop in _ROCK[look]))
    if look == "mossy":
        patches = noise(rng, size, 6 * unit, 3 * unit).astype(np.int16)
        cover = to_field((patches - 70 - downward(size) * 0.5) * 12)
        moss = colored(noise(rng, size, 1.2 * unit), *_MOSS)
        picture.paste(moss, (0, 0), Image.fromarray(cover))
    _cracks(rng, picture, unit, _ROCK[look][0])
    return picture


def _cracks(rng: Random, picture: Image.Image, unit: float, color: Color) -> None:
    pen = ImageDraw.Draw(picture)
    for _ in range(2 + int(picture.width * picture.height / (260 * unit * unit))):
        x, y = rng.uniform(0, picture.width), rng.uniform(0, picture.height)
        points = [(round(x), round(y))]
        for _ in range(3):
            x, y = x + rng.uniform(-4, 4) * unit, y + rng.uniform(0, 4) * unit
            points.append((round(x), round(y)))
        pen.line(points, fill=color, width=max(1, round(0.8 * unit)))
