"""Styles of the whole picture. They change the picture, never the label map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from .classes import SKY
from .fields import colored, grain, noise, to_field

Style = Callable[[np.ndarray, np.ndarray, np.ndarray, Random], np.ndarray]
"""Of a picture uint8 [H, W, 3], its classes, what shines (both [H, W]), and chance: a picture."""

NIGHT = "night"


def apply_style(
    name: str, picture: np.ndarray, classes: np.ndarray, shines: np.ndarray, rng: Random
) -> np.ndarray:
    """The picture in a style; "" leaves it as it is."""
    return _STYLES[name](picture, classes, shines, rng)


def _plain(picture: np.ndarray, classes: np.ndarray, shines: np.ndarray, rng: Random) -> np.ndarray:
    return picture


def _size(picture: np.ndarray) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]


def _unit(picture: np.ndarray) -> float:
    return (picture.shape[0] * picture.shape[1]) ** 0.5 / 128


def _gray(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).convert("L")).astype(np.int16)


def _pale_colors(picture: np.ndarray) -> np.ndarray:
    """What is left of the colors of a picture, to be added to grays: float32 [H, W, 3]."""
    return 0.6 * (picture - _gray(picture)[..., None].astype(np.float32))


def _edges(gray: np.ndarray) -> np.ndarray:
    """How much the gray changes at each pixel, int16 [H, W]."""
    across, down = np.zeros_like(gray), np.zeros_like(gray)
    across[:, 1:] = np.abs(gray[:, 1:] - gray[:, :-1])
    down[1:] = np.abs(gray[1:] - gray[:-1])
    return across + down


def _pencil(
    picture: np.ndarray, classes: np.ndarray, shines: np.ndarray, rng: Random
) -> np.ndarray:
    """Dark outlines, slanting hatches in the shade, pale colors, paper grain."""
    gray, size, unit = _gray(picture), _size(picture), _unit(picture)
    x, y = np.arange(size[0])[None, :], np.arange(size[1])[:, None]
    hatch = (x + y) % max(3, round(3 * unit)) < max(1, round(unit))
    shade = 222 + (gray - 128) // 5
    shade = shade - hatch * np.clip(130 - gray, 0, 90) * 0.7
    paper = (grain(rng, size, unit).astype(np.int16) - 128) * 0.07
    tone = shade + paper - np.clip(_edges(gray) * 2.1 - 12, 0, 170)
    return to_field(tone[..., None] + _pale_colors(picture))


def _night(picture: np.ndarray, classes: np.ndarray, shines: np.ndarray, rng: Random) -> np.ndarray:
    """Dark and blue; windows, lamps, moon and stars shine."""
    gray = _gray(picture)[..., None]
    dim = (picture * 0.75 + gray * 0.25) * (0.42, 0.48, 0.66) + (4, 9, 28)
    stars = (grain(rng, _size(picture), max(1.0, _unit(picture))) > 253) & (classes == SKY)
    dim[stars] = (214, 218, 236)
    dim[shines] = picture[shines]
    return to_field(dim)


def _pixel_art(
    picture: np.ndarray, classes: np.ndarray, shines: np.ndarray, rng: Random
) -> np.ndarray:
    """Coarse blocks of few colors."""
    width, height = _size(picture)
    block = max(2, round(2.6 * _unit(picture)))
    small = Image.fromarray(picture).resize(
        (max(1, width // block), max(1, height // block)), Image.Resampling.BOX
    )
    coarse = small.quantize(20, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return np.asarray(coarse.resize((width, height), Image.Resampling.NEAREST))


def _watercolor(
    picture: np.ndarray, classes: np.ndarray, shines: np.ndarray, rng: Random
) -> np.ndarray:
    """Soft washes with darker rims on white, rough paper."""
    size, unit = _size(picture), _unit(picture)
    image = Image.fromarray(picture)
    soft = np.asarray(image.filter(ImageFilter.BoxBlur(0.7 * unit))).astype(np.float32)
    wash = (noise(rng, size, 18 * unit)[..., None].astype(np.float32) - 128) * 0.26
    paper = (grain(rng, size, max(1.0, unit))[..., None].astype(np.float32) - 128) * 0.05
    rims = np.minimum(_edges(_gray(soft.astype(np.uint8))), 50)[..., None]
    return to_field(74 + soft * 0.74 + wash + paper - rims * 0.8)


def _old_photograph(
    picture: np.ndarray, classes: np.ndarray, shines: np.ndarray, rng: Random
) -> np.ndarray:
    """Half sepia and half faded colors, with grain and dark corners."""
    size = _size(picture)
    corners = np.asarray(Image.radial_gradient("L").resize(size)).astype(np.int16)
    specks = (grain(rng, size, 1).astype(np.int16) - 128) * 0.07
    # Old paper stretches whatever light there was over its whole range.
    gray = np.asarray(ImageOps.autocontrast(Image.fromarray(picture).convert("L"), cutoff=1))
    tone = gray * 0.8 + 44 + specks - np.maximum(0, corners - 170) * 0.6
    sepia = np.asarray(colored(to_field(tone), (34, 20, 8), (150, 110, 66), (250, 232, 192)))
    return to_field(sepia + _pale_colors(picture))


_STYLES: Mapping[str, Style] = {
    "": _plain,
    "pencil sketch": _pencil,
    NIGHT: _night,
    "pixel art": _pixel_art,
    "watercolor": _watercolor,
    "old photograph": _old_photograph,
}

STYLES: tuple[str, ...] = tuple(_STYLES)
"""The names of all styles; "" is the plain picture."""
