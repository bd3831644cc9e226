"""Make the pictures of the README: python docs/pictures/make.py (needs torch, numpy, pillow)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from place_core.drawing import draw_fraction, draw_layout  # noqa: E402
from place_core.layout_readers import read_color_map  # noqa: E402
from place_core.lcm import layout_fractions  # noqa: E402
from place_core.palettes import ADE20K, load_classes  # noqa: E402


def save(name: str, pictures: torch.Tensor) -> None:
    Image.fromarray((pictures[0].numpy() * 255).round().astype(np.uint8)).save(
        HERE / f"{name}.png", optimize=True
    )


def main() -> None:
    example = Image.open(ROOT / "workflows" / "inputs" / "place_example_map.png").convert("RGB")
    image = torch.from_numpy(np.asarray(example, dtype=np.float32) / 255)[None]
    layout = read_color_map(image, load_classes(ADE20K))
    save("understood", draw_layout(layout))
    tree = layout.find("tree")
    fraction = layout_fractions(layout.labels[0], [tree.id], (32, 32))[0]
    save("lcm", draw_fraction(fraction, f"{tree.name}  32 x 32"))


if __name__ == "__main__":
    main()
