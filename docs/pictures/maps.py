"""Maps and their understanding: understood.png, lcm.png, and the icon."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from place_core.drawing import draw_fraction, draw_layout
from place_core.layout_readers import read_color_map
from place_core.lcm import layout_fractions
from place_core.palettes import ADE20K, load_classes
from place_core.pixels import from_unit, to_unit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def save(name: str, pictures: torch.Tensor) -> None:
    Image.fromarray(from_unit(pictures[0])).save(HERE / f"{name}.png", optimize=True)


def icon() -> None:
    """A map in four colors that turns into tokens: the pack's sign."""
    size, cells = 400, 8
    y, x = np.mgrid[:size, :size] / size
    picture = np.empty((size, size, 3), np.uint8)
    picture[:] = (74, 144, 217)
    picture[y > 0.42 + 0.14 * np.sin(6 * x + 0.6)] = (120, 86, 170)
    picture[y > 0.66 + 0.08 * np.sin(5 * x + 2)] = (46, 158, 110)
    picture[(x - 0.72) ** 2 + (y - 0.24) ** 2 < 0.017] = (250, 200, 70)
    tokens = picture.reshape(cells, size // cells, cells, size // cells, 3).mean((1, 3))
    coarse = tokens.astype(np.uint8).repeat(size // cells, 0).repeat(size // cells, 1)
    right = np.mgrid[:size, :size][1] + np.mgrid[:size, :size][0] // 4 > size * 0.62
    picture[right] = coarse[right]
    lines = np.arange(size) % (size // cells) < 2
    grid = (lines[:, None] | lines) & right
    picture[grid] = (picture[grid] * 0.75).astype(np.uint8)
    Image.fromarray(picture).save(ROOT / "js" / "icon.png", optimize=True)


def main() -> None:
    icon()
    example = Image.open(ROOT / "workflows" / "inputs" / "place_example_map.png").convert("RGB")
    image = to_unit(np.asarray(example))[None]
    layout = read_color_map(image, load_classes(ADE20K))
    save("understood", draw_layout(layout))
    tree = layout.find("tree")
    fraction = layout_fractions(layout.labels[0], [tree.id], (32, 32))[0]
    save("lcm", draw_fraction(fraction, f"{tree.name}  32 x 32"))


if __name__ == "__main__":
    main()
