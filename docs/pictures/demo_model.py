"""What the bundled demo model makes of layouts: demo_model.jpg.

A column each: scenes that no training saw, maps drawn by hand, and one that is not square. Rows:
the layout, the picture with PLACE, and what the same words and noise give without it.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from in_server import tokenizer_folder
from place_core.checkpoint.diffusers_model import load_model
from place_core.demo.bundled import MODEL
from place_core.demo.class_colors import class_colors
from place_core.demo.requests import hand_drawn, unseen_scenes
from place_core.evaluation.controls import place, plain
from place_core.evaluation.sampling import SamplingSettings, sample_requests
from place_core.pixels import from_unit
from place_core.training.model import PlaceUNet
from place_core.training.tokenizer import load_tokenizer

TARGET = Path(__file__).parent / "demo_model.jpg"
SCENES, DRAWN = 6, 3
SHOWN, GAP = 192, 8


def sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """Rows of pictures of one height each."""
    scale = SHOWN / 128
    rows = [[p.resize((round(p.width * scale), round(p.height * scale))) for p in r] for r in rows]
    width = sum(p.width + GAP for p in rows[0]) + GAP
    page = Image.new("RGB", (width, GAP + len(rows) * (SHOWN + GAP)), "white")
    for number, row in enumerate(rows):
        left = GAP
        for picture in row:
            page.paste(picture, (left, GAP + number * (SHOWN + GAP)))
            left += picture.width + GAP
    return page


def main() -> None:
    if not MODEL.exists():
        print(f"Left as it is: {TARGET.name}. There is no {MODEL.name}.")
        return
    model = load_model(MODEL)
    unet = PlaceUNet(model.unet, model.heads).eval()
    tokenizer = load_tokenizer(tokenizer_folder(), model.tokenizer_folder)
    requests = [*unseen_scenes(SCENES), *hand_drawn(DRAWN), *unseen_scenes(1, ((192, 128),))]
    wanted = [r.request for r in requests]
    rows = [[Image.fromarray(class_colors(r.layout.labels[0])) for r in wanted]]
    for control in (place(), plain):
        made = sample_requests(model, unet, tokenizer, wanted, control, SamplingSettings())
        rows.append([Image.fromarray(from_unit(picture)) for picture in made])
    sheet(rows).save(TARGET, quality=88)


if __name__ == "__main__":
    main()
