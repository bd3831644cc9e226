"""Draws the layouts of the example workflows: `python workflows/inputs/make.py`.

Plain shapes with hard edges, so that every pixel has exactly one of the colors of the palette.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageColor, ImageDraw

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1]))

from place_core.demo.classes import CLASSES  # noqa: E402
from place_core.layout import VOID, LayoutClass  # noqa: E402
from place_core.layout_readers import read_color_map  # noqa: E402
from place_core.painted import write_drawing  # noqa: E402
from place_core.pixels import to_unit  # noqa: E402

ADE20K_TABLE = FOLDER.parents[1] / "place_core" / "palettes" / "ade20k.json"

FOX_COLORS = {
    "night sky": "#1b2a49",
    "moon": "#fff3b0",
    "snowy mountains": "#9fb8d9",
    "pine forest": "#1f5f3f",
    "meadow": "#7fb03c",
    "fox": "#e2661d",
    "lantern": "#c0392b",
    "void": "#808080",
}
"""A color list for place_example_colors.png."""

COTTAGE_COLORS = {
    "night sky": "#1b2a49",
    "full moon": "#fff3b0",
    "hills": "#9fb8d9",
    "wood": "#1f5f3f",
    "meadow": "#7fb03c",
    "cottage": "#e2661d",
    "railing": "#f1e3c6",
    "void": "#808080",
}
"""Classes of place_on_any_checkpoint.json: names that are in no table."""


def main() -> None:
    """Write the maps beside this file, and the drawing into its workflow."""
    draw_into("place_layout_to_image", painted(harbor(_harbor_colors()), CLASSES))
    draw_into("place_with_controlnet", painted(harbor(_harbor_colors()), CLASSES))
    draw_into(
        "place_on_any_checkpoint", painted(cottage(COTTAGE_COLORS), _own_classes(COTTAGE_COLORS))
    )
    for workflow in ("place_first_picture", "place_four_styles", "place_swap_one_object"):
        draw_into(workflow, painted(bay(_demo_colors()), CLASSES, all_classes=True))
    harbor(_ade20k_colors()).save(FOLDER / "place_example_map.png", optimize=True)
    fox(FOX_COLORS).save(FOLDER / "place_example_colors.png", optimize=True)


def painted(image: Image.Image, classes: Sequence[LayoutClass], all_classes: bool = False) -> str:
    """A map in the colors of classes as the Layout Painter holds it, with a list of those painted.

    Args:
        image: the map.
        classes: of its colors.
        all_classes: the list has them all, for those who go on painting.
    """
    pixels = to_unit(np.asarray(image))[None]
    layout = read_color_map(pixels, classes)
    listed = classes if all_classes else layout.present()
    # Numbered from 1 on, in the order of the list.
    numbers = {c.id: number for number, c in enumerate(listed, start=1)}
    labels = layout.labels[0].apply_(lambda label: numbers.get(label, VOID))
    return write_drawing(labels.numpy(), [replace(c, id=numbers[c.id]) for c in listed])


def draw_into(workflow: str, drawing: str) -> None:
    """Put a drawing into the one Layout Painter of a workflow file."""
    file = FOLDER.parent / f"{workflow}.json"
    graph = json.loads(file.read_text(encoding="utf-8"))
    (painter,) = (node for node in graph["nodes"] if node["type"] == "PLACELayoutPainter")
    painter["widgets_values"] = [drawing]
    text = json.dumps(graph, indent=2, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def harbor(colors: Mapping[str, Any]) -> Image.Image:
    """A coast in colors by ADE20K's words, 512×512: large areas, and thin parts such as a mast."""
    image = Image.new("RGB", (512, 512), colors["sky"])
    draw = ImageDraw.Draw(image)

    def area(name: str, *points: tuple[int, int]) -> None:
        draw.polygon(points, fill=colors[name])

    def box(name: str, left: int, top: int, right: int, bottom: int) -> None:
        draw.rectangle((left, top, right - 1, bottom - 1), fill=colors[name])

    def disc(name: str, x: int, y: int, radius: int) -> None:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colors[name])

    peaks = [(0, 190), (52, 148), (88, 170), (150, 92), (196, 140), (232, 112), (300, 178)]
    area("mountain", *peaks, (372, 134), (436, 186), (512, 150), (512, 262), (0, 262))
    box("sea", 0, 236, 512, 512)

    # The headland with a lighthouse.
    area("rock stone", (0, 268), (34, 240), (92, 232), (126, 250), (150, 276), (0, 300))
    area("tower", (62, 236), (68, 128), (90, 128), (96, 236))
    box("tower", 60, 118, 98, 126)
    box("tower", 70, 98, 88, 128)
    area("tower", (66, 98), (79, 82), (92, 98))

    # The sailing boat: a mast and a boom of few pixels.
    area("boat", (130, 376), (246, 376), (226, 402), (148, 402))
    box("pole", 186, 208, 190, 376)
    area("boat", (193, 238), (193, 360), (244, 360))
    area("boat", (183, 248), (183, 360), (144, 360))
    box("pole", 190, 364, 242, 367)
    area("flag", (190, 212), (212, 218), (190, 225))

    # The shore with a road up to the house.
    shore = [(512, 236), (430, 244), (356, 262), (316, 292), (306, 330), (270, 396), (236, 512)]
    area("grass", *shore, (512, 512))
    sand = [(316, 292), (306, 330), (270, 396), (236, 512), (206, 512), (252, 392), (290, 326)]
    area("sand", *sand)
    road = [(346, 512), (392, 420), (388, 372), (412, 330), (428, 330), (416, 372), (430, 424)]
    area("road", *road, (424, 512))

    area("house", (392, 330), (392, 266), (482, 266), (482, 330))
    area("house", (380, 268), (410, 224), (464, 224), (494, 268))
    box("house", 452, 208, 464, 232)
    box("windowpane", 402, 282, 422, 302)
    box("windowpane", 454, 282, 472, 302)
    box("door", 432, 288, 446, 330)

    for x, y, radius in ((348, 226, 26), (330, 244, 20), (364, 248, 22)):
        disc("tree", x, y, radius)
    box("tree", 344, 256, 352, 300)
    area("tree", (498, 320), (511, 216), (511, 320))

    # The fence along the road: posts and rails of two or three pixels.
    for x in range(440, 512, 14):
        box("fence", x, 396, x + 3, 428)
    box("fence", 436, 402, 512, 404)
    box("fence", 436, 416, 512, 418)

    box("streetlight", 372, 336, 375, 424)
    box("streetlight", 366, 332, 381, 336)
    disc("person", 404, 438, 5)
    area("person", (399, 444), (409, 444), (411, 474), (397, 474))
    for x, y in ((458, 452), (482, 470), (452, 488), (498, 446), (474, 496), (500, 492)):
        disc("flower", x, y, 5)
    return image


def bay(colors: dict[str, tuple[int, int, int]]) -> Image.Image:
    """A bay in colors of the demo model, 256×256; a mast and a trunk are four pixels wide."""
    image = Image.new("RGB", (256, 256), colors["sky"])
    draw = ImageDraw.Draw(image)

    def area(name: str, *points: tuple[int, int]) -> None:
        draw.polygon(points, fill=colors[name])

    def oval(name: str, x: int, y: int, radius_x: int, radius_y: int) -> None:
        draw.ellipse((x - radius_x, y - radius_y, x + radius_x, y + radius_y), fill=colors[name])

    def line(name: str, *points: tuple[int, int]) -> None:
        draw.line(points, fill=colors[name], width=4)

    oval("sun", 196, 40, 18, 18)
    for x, y, radius_x, radius_y in ((60, 44, 26, 12), (80, 36, 20, 12), (44, 50, 18, 10)):
        oval("cloud", x, y, radius_x, radius_y)
    line("bird", (132, 60), (140, 54), (148, 60), (156, 54), (164, 60))
    area("mountain", (0, 124), (28, 88), (60, 112), (100, 68), (144, 116), (168, 96), (200, 124))
    area("sea", (0, 124), (256, 124), (256, 256), (0, 256))
    area("sand", (156, 192), (140, 208), (124, 232), (120, 256), (160, 256), (160, 200))
    shore = [(256, 132), (224, 132), (184, 152), (156, 192), (150, 224), (148, 256)]
    area("grass", *shore, (256, 256))
    oval("rock", 28, 228, 24, 14)

    area("house", (192, 180), (192, 144), (216, 120), (240, 144), (240, 180))
    line("tree", (172, 224), (172, 192))
    oval("tree", 172, 180, 18, 22)

    area("boat", (40, 184), (112, 184), (100, 206), (54, 206))
    line("boat", (76, 184), (76, 124))
    area("boat", (80, 128), (80, 176), (112, 176))
    area("boat", (72, 136), (72, 176), (48, 176))
    return image


def fox(colors: dict[str, str]) -> Image.Image:
    """A fox in the moonlight, 768×512, in colors of its own; one corner is left to the model."""
    image = _moonlight(*colors.values())
    draw = ImageDraw.Draw(image)

    def area(name: str, *points: tuple[int, int]) -> None:
        draw.polygon(points, fill=colors[name])

    # The fox, sitting: tail, body, head with two ears, fore legs.
    draw.ellipse((246, 400, 372, 468), fill=colors["fox"])
    area("fox", (330, 466), (352, 330), (398, 288), (440, 330), (446, 466))
    area("fox", (352, 246), (446, 246), (424, 306), (399, 322), (374, 306))
    area("fox", (352, 252), (350, 194), (386, 246))
    area("fox", (446, 252), (448, 194), (412, 246))

    # A lantern on a thin post.
    draw.rectangle((612, 316, 615, 452), fill=colors["lantern"])
    draw.rectangle((612, 312, 646, 315), fill=colors["lantern"])
    area("lantern", (634, 318), (652, 332), (648, 366), (638, 366), (630, 332))
    return image


def cottage(colors: dict[str, str]) -> Image.Image:
    """A cottage behind a railing, in the landscape of the fox."""
    image = _moonlight(*colors.values())
    draw = ImageDraw.Draw(image)
    wall, wood = colors["cottage"], colors["railing"]
    draw.rectangle((330, 290, 529, 421), fill=wall)
    draw.polygon([(306, 292), (380, 206), (480, 206), (554, 292)], fill=wall)
    draw.rectangle((470, 176, 501, 240), fill=wall)
    for x in range(176, 768, 48):
        draw.rectangle((x, 436, x + 11, 499), fill=wood)
    for y in (448, 472):
        draw.rectangle((164, y, 768, y + 8), fill=wood)
    return image


def _moonlight(
    sky: str, moon: str, mountains: str, trees: str, ground: str, *others: str
) -> Image.Image:
    """A landscape in the moonlight, 768×512; the last color is that of a corner."""
    image = Image.new("RGB", (768, 512), sky)
    draw = ImageDraw.Draw(image)
    draw.ellipse((560, 44, 672, 156), fill=moon)
    ridge = [(0, 220), (120, 116), (196, 190), (300, 84), (410, 210), (520, 150), (640, 226)]
    draw.polygon([*ridge, (768, 160), (768, 340), (0, 340)], fill=mountains)
    for x, top, half in ((40, 150, 46), (112, 190, 40), (560, 220, 38), (700, 130, 54)):
        draw.polygon([(x, top), (x + half, 352), (x - half, 352)], fill=trees)
    for x in range(160, 560, 36):
        draw.polygon([(x, 262 + x % 5 * 9), (x + 26, 352), (x - 26, 352)], fill=trees)
    meadow = [(0, 338), (200, 322), (420, 346), (768, 318), (768, 512), (0, 512)]
    draw.polygon(meadow, fill=ground)
    draw.polygon([(0, 440), (150, 512), (0, 512)], fill=others[-1])
    return image


def _own_classes(colors: dict[str, str]) -> list[LayoutClass]:
    """Classes that are in no table."""
    names = [name for name in colors if name != "void"]
    return [LayoutClass(i, n, n, ImageColor.getrgb(colors[n])) for i, n in enumerate(names)]


def _demo_colors() -> dict[str, tuple[int, int, int]]:
    return {c.name: c.color for c in CLASSES}


def _harbor_colors() -> dict[str, tuple[int, int, int]]:
    """What the harbor is made of, in the words of the demo model."""
    parts = {"rock stone": "rock", "tower": "lighthouse", "pole": "boat", "flag": "boat"}
    parts |= {"windowpane": "house", "door": "house", "streetlight": "fence"}
    colors = _demo_colors()
    return colors | {part: colors[name] for part, name in parts.items()}


def _ade20k_colors() -> dict[str, str]:
    table = json.loads(ADE20K_TABLE.read_text(encoding="utf-8"))
    return {entry["prompt"]: entry["color"] for entry in table["classes"]}


if __name__ == "__main__":
    main()
