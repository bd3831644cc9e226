"""`python -m place_core.demo.compare --layout FILE --picture FILE`: does it follow its layout?

For pictures of the bundled demo model. Prints the agreement as its judge sees it, and draws layout,
picture and what the judge sees side by side. Needs nothing but torch, numpy and Pillow.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..drawing import draw_layout
from ..evaluation.agreement import Agreement
from ..layout import VOID, Layout
from ..layout_readers import read_color_map
from ..painted import read_drawing
from ..pixels import from_unit, to_unit
from .bundled import JUDGE, load_judge
from .class_colors import class_colors
from .classes import CLASSES
from .scenes import RESOLUTION
from .segmenter import SIDES, Segmenter


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m place_core.demo.compare", description=__doc__)
    parser.add_argument(
        "--layout",
        type=Path,
        required=True,
        help="a map in the demo model's colors, or a workflow with a Layout Painter",
    )
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="PNG to draw side by side")
    parser.add_argument("--judge", type=Path, default=JUDGE, help="default: the bundled one")
    options = parser.parse_args()
    try:
        wanted = read_layout(options.layout)
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
        f"Agreement of layout and picture: mIoU {agreement.mean_iou():.2f} over "
        f"{len(wanted.present())} classes, {100 * agreement.accuracy():.0f} % of the pixels"
    )
    return 0


def read_layout(path: Path) -> Layout:
    """The layout in a map or in a workflow, of the demo model's classes and in its size.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is damaged, holds no drawing, or one with classes of its own.
    """
    if path.suffix != ".json":
        return read_color_map(_read(path)[None], CLASSES)
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    drawings = [n["widgets_values"][0] for n in nodes if n["type"] == "PLACELayoutPainter"]
    if len(drawings) != 1:
        raise ValueError(f"{path}: it has {len(drawings)} Layout Painters; there must be one")
    return demo_layout(read_drawing(drawings[0]))


def demo_layout(drawn: Layout) -> Layout:
    """A drawing with the demo model's classes, found by name, made about 128 pixels small.

    Raises:
        ValueError: a class that the demo model does not have.
    """
    ids = {c.name: c.id for c in CLASSES}
    labels = torch.full_like(drawn.labels, VOID)
    for c in drawn.present():
        if c.name not in ids:
            raise ValueError(f"the demo model has no class {c.name!r}; it has {', '.join(ids)}")
        labels[drawn.labels == c.id] = ids[c.name]
    step = max(1, round((drawn.height * drawn.width) ** 0.5 / RESOLUTION))
    return Layout(labels[:, step // 2 :: step, step // 2 :: step], CLASSES)


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
    legend = Image.fromarray(from_unit(draw_layout(wanted)[0]))
    parts = [legend]
    for part in (from_unit(picture), class_colors(found[0])):
        image = Image.fromarray(part)
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
        return to_unit(np.array(image.convert("RGB")))


if __name__ == "__main__":
    sys.exit(main())
