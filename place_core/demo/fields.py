"""Gray fields that textures are made from: noise, grain, gradients, relief, bricks.

A field is uint8 ``[height, width]``. They are made of random bytes, Pillow's fixed-point resizing
and integer sums, which come out the same on every machine; array-wise sines would not.
"""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image

Size = tuple[int, int]
"""Width and height in pixels."""
Color = tuple[int, int, int]


def _random_grid(rng: Random, width: int, height: int) -> Image.Image:
    return Image.frombytes("L", (width, height), rng.randbytes(width * height))


def noise(
    rng: Random,
    size: Size,
    cell_x: float,
    cell_y: float | None = None,
    smooth: Image.Resampling = Image.Resampling.BICUBIC,
) -> np.ndarray:
    """Smooth random values whose bumps are about ``cell_x`` by ``cell_y`` pixels."""
    (width, height), cell_y = size, cell_y or cell_x
    columns, rows = width / max(cell_x, 1), height / max(cell_y, 1)
    grid = _random_grid(rng, int(columns) + 3, int(rows) + 3)
    box = (0.5, 0.5, 0.5 + columns, 0.5 + rows)
    return np.asarray(grid.resize(size, smooth, box=box))


def grain(rng: Random, size: Size, cell: float) -> np.ndarray:
    """Independent values in squares of about ``cell`` pixels."""
    return noise(rng, size, cell, cell, Image.Resampling.NEAREST)


def relief(rng: Random, size: Size, cell: float, strength: float = 1.0) -> np.ndarray:
    """Facets of about ``cell`` pixels, lit from the upper left; 128 is one that faces us."""
    (width, height), step = size, max(1, int(cell / 5))
    larger = (width + step, height + step)
    bumps = noise(rng, larger, cell, cell * 1.2, Image.Resampling.BILINEAR).astype(np.int16)
    return to_field(128 + (bumps[step:, step:] - bumps[:-step, :-step]) * (2.0 * strength))


def downward(size: Size) -> np.ndarray:
    """0 in the top row to 255 in the bottom row, as a column ``[height, 1]`` of int16."""
    return (np.arange(size[1], dtype=np.int16)[:, None] * 255.0 / max(size[1] - 1, 1)).astype(
        np.int16
    )


def receding(field: np.ndarray, height: int, power: float = 0.6) -> np.ndarray:
    """Rows of a field squeezed toward the top, like a plane that runs to the horizon."""
    steps = [int((len(field) - 1) * (y / max(height - 1, 1)) ** power) for y in range(height)]
    return field[np.array(steps)]


def bricks(rng: Random, size: Size, brick: tuple[float, float], joint: float) -> np.ndarray:
    """Rows of bricks, each of its own gray (96..255); joints are 0."""
    width, height = size
    across, down = max(3, round(brick[0])), max(2, round(brick[1]))
    gap = max(1, round(joint))
    y, x = np.arange(height), np.arange(width)
    row = y // down
    shifted = x[None, :] + (row % 2 * (across // 2))[:, None]
    column = shifted // across
    shape = (int(row[-1]) + 1, int(column.max()) + 1)
    grays = np.frombuffer(rng.randbytes(shape[0] * shape[1]), np.uint8).reshape(shape)
    field = 96 + (grays[row[:, None], column] * 5 // 8).astype(np.uint8)
    field[y % down < gap] = 0
    field[shifted % across < gap] = 0
    return field


def to_field(values: np.ndarray) -> np.ndarray:
    """Any numbers, cut to 0..255."""
    return np.clip(values, 0, 255).astype(np.uint8)


def colored(field: np.ndarray, *stops: Color) -> Image.Image:
    """The field in colors that run evenly from the first stop (0) to the last (255)."""
    where = np.linspace(0, 255, len(stops))
    levels = np.arange(256)
    ramp = np.stack([np.interp(levels, where, [s[c] for s in stops]) for c in range(3)], axis=1)
    image = Image.fromarray(np.ascontiguousarray(field))
    image.putpalette(ramp.round().astype(np.uint8).tobytes())
    return image.convert("RGB")


def jittered(rng: Random, color: Color, amount: int = 10) -> Color:
    """A color a little lighter or darker and of a slightly other hue."""
    light = rng.randint(-amount, amount)
    red, green, blue = (
        min(255, max(0, c + light + rng.randint(-amount // 3, amount // 3))) for c in color
    )
    return red, green, blue


def mixed(first: Color, second: Color, share: float) -> Color:
    """``share`` (0..1) of the second color in the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(color: Color, share: float = 0.35) -> Color:
    """The color with ``share`` of black in it."""
    return mixed(color, (0, 0, 0), share)


def lighter(color: Color, share: float = 0.35) -> Color:
    """The color with ``share`` of white in it."""
    return mixed(color, (255, 255, 255), share)
