"""`python -m place_core.demo.compare --map MAP --picture PICTURE`: did the picture follow its map?

For pictures of the bundled demo model. Prints the agreement as its judge sees it, and draws map,
picture and what the judge sees side by side. Needs nothing but torch, numpy and Pillow.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..drawing import draw_layout
from ..evaluation.agreement import Agreement
from ..layout import Layout
from ..layout_readers import read_color_map
from .bundled import JUDGE, load_judge
from .classes import CLASSES
from .segmenter import SIDES, Segmenter


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m place_core.demo.compare", description=__doc__)
    parser.add_argument("--map", type=Path, required=True, help="in the demo model's colors")
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="PNG to draw side by side")
    parser.add_argument("--judge", type=Path, default=JUDGE, help="default: the bundled one")
    options = parser.parse_args()
    try:
        wanted = read_color_map(_read(options.map)[None], CLASSES)
        picture = _read(options.picture)
        found = seen_classes(load_judge(options.judge), picture, wanted)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    agreement = Agreement(len(CLASSES))
    agreement.add(found, wanted.labels)
    if options.output:
        draw_comparison(wanted, picture, found).save(options.output)
    print(
        f"Agreement of map and picture: mIoU {agreement.mean_iou():.2f} over "
        f"{len(wanted.present())} classes, {100 * agreement.accuracy():.0f} % of the pixels"
    )
    return 0


@torch.no_grad()
def seen_classes(judge: Segmenter, picture: Tensor, wanted: Layout) -> Tensor:
    """The class of each pixel as the judge sees it, ``[1, H, W]``, at the layout's size.

    Args:
        judge: of the demo model. It knows things in the size that they have in pictures of the
            demo model, so a picture that was enlarged afterwards is made smaller again.
        picture: ``[H, W, 3]`` in 0..1.
        wanted: one map of the same aspect ratio.
    """
    size = (wanted.height, wanted.width)
    small = torch.nn.functional.interpolate(picture.permute(2, 0, 1)[None], size, mode="area")
    missing = (0, -size[1] % SIDES, 0, -size[0] % SIDES)
    padded = torch.nn.functional.pad(small, missing, mode="replicate")
    return judge(2 * padded - 1).classes()[:, : size[0], : size[1]].to(wanted.labels.dtype)


def draw_comparison(wanted: Layout, picture: Tensor, found: Tensor) -> Image.Image:
    """The map with its legend, the picture, and the classes that were found in it."""
    legend = _to_image(draw_layout(wanted)[0])
    colors = torch.tensor([c.color for c in wanted.classes]).float() / 255
    parts = [legend]
    for part in (picture, colors[found[0].long()]):
        image = _to_image(part)
        times = max(1, round(legend.height / image.height))
        parts.append(image.resize((image.width * times, image.height * times), Image.NEAREST))
    sheet = Image.new("RGB", (sum(p.width for p in parts), max(p.height for p in parts)), "white")
    left = 0
    for part in parts:
        sheet.paste(part, (left, 0))
        left += part.width
    return sheet


def _read(path: Path) -> Tensor:
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).float() / 255


def _to_image(picture: Tensor) -> Image.Image:
    return Image.fromarray((picture * 255).round().byte().numpy())


if __name__ == "__main__":
    sys.exit(main())
