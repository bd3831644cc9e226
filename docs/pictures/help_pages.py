"""Make the pictures of the nodes' help pages: python docs/pictures/help_pages.py.

They are drawn as the nodes draw them. Needs torch, numpy and pillow. Pages of nodes that need a
model have theirs from help_runs.py.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "js" / "docs"
sys.path.insert(0, str(ROOT))

from place_core.alpha import SCHEDULES  # noqa: E402
from place_core.boxes import boxes_of_layout, layout_from_boxes, read_boxes  # noqa: E402
from place_core.demo.scenes import layout_of, render_scene  # noqa: E402
from place_core.drawing import draw_alpha, draw_fraction, draw_layout  # noqa: E402
from place_core.layout import Layout  # noqa: E402
from place_core.layout_images import OWN_COLORS, write_map  # noqa: E402
from place_core.layout_masks import masks_of_classes  # noqa: E402
from place_core.layout_readers import layout_from_masks, read_color_map  # noqa: E402
from place_core.lcm import layout_fractions  # noqa: E402
from place_core.outlines import draw_outlines  # noqa: E402
from place_core.palettes import ADE20K, load_classes  # noqa: E402
from place_core.pixels import from_unit, to_unit  # noqa: E402

WIDTH = 720
COLORS = 256
STEPS = 50
SCENE = 5
OUTLINE = 2
WORDS = {
    "sky": "dramatic sky at sunset",
    "sea": "calm turquoise sea",
    "mountain": "snowy peaks",
    "tree": "windswept pine tree",
    "house": "small stone cottage",
    "boat": "old wooden boat",
}


def main() -> None:
    """Write a picture for each page that has one."""
    layout = example_layout()
    save("PLACESegmentationToLCM", to_image(draw_layout(layout)))
    save("PLACEPromptEncoder", to_image(draw_layout(with_words(layout))))
    save("PLACEMasksToLCM", to_image(masks_and_layout()))
    tree = layout.find("tree")
    fraction = layout_fractions(layout.labels[0], [tree.id], (32, 32))[0]
    save("PLACELayoutPreview", to_image(draw_fraction(fraction, f"{tree.name}  32 x 32")))
    save("PLACEAlphaPlot", to_image(draw_schedule("cosine")))
    save("PLACEOutlines", to_image(rendered_comparison()))
    scene = layout_of(render_scene(SCENE, (256, 256)).labels)
    save("PLACELayoutToMasks", to_image(map_and_masks(layout)))
    save("PLACELayoutToImage", to_image(maps_in_colors(scene)))
    save("PLACEBoxesToLCM", to_image(boxes_and_layout()))
    save("PLACELayoutToBoxes", map_with_boxes(layout))


def to_image(pictures: Tensor) -> Image.Image:
    """The first picture of an IMAGE."""
    return Image.fromarray(from_unit(pictures[0]))


def save(node_id: str, picture: Image.Image) -> None:
    """Write the picture of a page, no wider than it can show."""
    if picture.width > WIDTH:
        size = WIDTH, round(picture.height * WIDTH / picture.width)
        picture = picture.resize(size, Image.LANCZOS)
    path = PAGES / node_id / "picture.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    reduced = picture.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)


def example_layout() -> Layout:
    """The map of the example workflow."""
    file = ROOT / "workflows" / "inputs" / "place_example_map.png"
    pixels = to_unit(np.asarray(Image.open(file).convert("RGB")))
    return read_color_map(pixels[None], load_classes(ADE20K))


def with_words(layout: Layout) -> Layout:
    """The same layout, its legend as lines of the prompt encoder."""
    classes = [replace(c, name=f"{c.name} = {WORDS.get(c.name, c.words)}") for c in layout.classes]
    return replace(layout, classes=tuple(classes))


def masks_and_layout() -> Tensor:
    """Three masks that overlap, and beside them what becomes of them."""
    shapes = (
        ("rectangle", (0, 0, 256, 150)),
        ("polygon", (0, 250, 128, 90, 256, 250)),
        ("ellipse", (150, 30, 230, 110)),
    )
    pictures = [Image.new("L", (256, 256)) for _ in shapes]
    for picture, (kind, points) in zip(pictures, shapes, strict=True):
        getattr(ImageDraw.Draw(picture), kind)(points, fill=255)
    masks = [to_unit(np.asarray(p))[None] for p in pictures]
    layout = draw_layout(layout_from_masks(masks, ["sky", "mountain", "moon"]))
    gap, height = 12, layout.shape[1]
    side = (height - 2 * gap) // 3
    column = torch.full((1, height, side + gap, 3), 0.4)
    for number, picture in enumerate(pictures):
        small = to_unit(np.asarray(picture.resize((side, side))))
        top = number * (side + gap)
        column[0, top : top + side, :side] = small[..., None]
    return torch.cat([column, layout], dim=2)


def map_and_masks(layout: Layout) -> Tensor:
    """A map, and the masks of some of its classes: as they are, grown, and feathered."""
    changes = {"tree": {}, "house": {"grow": 24}, "boat": {"feather": 10}}
    masks = [
        masks_of_classes(layout, [layout.find(name)], **change)[0][..., None]
        for name, change in changes.items()
    ]
    return beside([write_map(layout).image, *masks])


def maps_in_colors(layout: Layout) -> Tensor:
    """A map in its own colors, in a table's, and as numbers."""
    return beside(
        [write_map(layout, coding).image for coding in (OWN_COLORS, "ADE20K", "index (ADE20K)")]
    )


def beside(pictures: list[Tensor]) -> Tensor:
    """Pictures ``[1, H, W, 1 or 3]`` in a row."""
    gap = torch.ones(1, pictures[0].shape[1], 8, 3)
    row = [part for picture in pictures for part in (picture.expand(-1, -1, -1, 3), gap)]
    return torch.cat(row[:-1], 2)


def boxes_and_layout() -> Tensor:
    """Boxes as they are drawn, and beside them what becomes of them."""
    elements = [
        {"bbox": [0, 0, 520, 1000], "desc": "sky"},
        {"bbox": [520, 0, 1000, 1000], "desc": "sea"},
        {"bbox": [330, 60, 620, 420], "desc": "mountain"},
        {"bbox": [560, 520, 780, 880], "desc": "boat"},
    ]
    batch, _ = read_boxes(elements, 256, 256)
    layout = layout_from_boxes(batch, 256, 256)
    drawn = draw_layout(layout)
    height = drawn.shape[1]
    outlines = Image.new("RGB", (height, height), (40, 41, 46))
    for box, c in zip(batch[0], layout.classes, strict=True):
        sides = (round(side * height / 256) for side in (box.left, box.top, box.right, box.bottom))
        left, top, right, bottom = sides
        area = (left + 2, top + 2, right - 3, bottom - 3)
        ImageDraw.Draw(outlines).rectangle(area, outline=c.color, width=4)
    return torch.cat([to_unit(np.asarray(outlines))[None], drawn], 2)


def map_with_boxes(layout: Layout) -> Image.Image:
    """A map, faint, with the boxes of its regions."""
    picture = Image.fromarray(from_unit(write_map(layout).image[0] * 0.45))
    colors = {c.name: c.color for c in layout.classes}
    for box in boxes_of_layout(layout, smallest=40)[0]:
        left, top = box["x"], box["y"]
        right, bottom = left + box["width"] - 1, top + box["height"] - 1
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left, top, right, bottom), outline=colors[box["label"]], width=3)
    return picture


def draw_schedule(name: str) -> Tensor:
    """α of a schedule over the paper's steps, as Plot Alpha draws it."""
    timesteps = torch.arange(1, 1000, 1000 // STEPS).flip(0)
    alpha = torch.tensor([[SCHEDULES[name](1 - t / 999)] for t in timesteps.tolist()])
    title = f"alpha over {STEPS} steps, ddim_uniform"
    return draw_alpha(alpha, timesteps, ["all layers"], title)


def rendered_comparison() -> Tensor:
    """A rendered scene with the outlines of its own map, as Layout Outlines compares them."""
    scene = render_scene(SCENE, (WIDTH // 3, WIDTH // 4))
    picture = to_unit(scene.picture)[None]
    _, comparison = draw_outlines(picture, layout_of(scene.labels), OUTLINE)
    return comparison


if __name__ == "__main__":
    main()
