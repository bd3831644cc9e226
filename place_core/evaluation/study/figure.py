"""Pictures of the report: one layout down all rows, and the learned α."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...demo.class_colors import class_colors
from ...demo.requests import DemoRequest
from ...pixels import from_unit
from ...training.model import PlaceUNet
from ...training.validation import alpha_curves
from .context import Study
from .evaluate import pictures_of
from .rows import Group, Row
from .tables import shown_rows

ROWS_PICTURE, ALPHA_PICTURE = "study_rows.png", "study_alpha.png"
_TIMES, _COLUMNS, _GAP, _CAPTION = 2, 5, 12, 36
_PAPER, _INK = (24, 25, 29), (232, 232, 236)


def draw_rows(
    study: Study, requests: Sequence[DemoRequest], done: Sequence[str], best: str, target: Path
) -> None:
    """Map, rendered scene, and the picture of seed 0 for each row that is done.

    The layout is the one with the most classes. Of the schedules, the best one is shown.
    """
    number = max(range(len(requests)), key=lambda n: len(requests[n].request.layout.present()))
    wanted = requests[number]
    shown = [row for row in shown_rows(best) if row.name in done]
    layout = class_colors(wanted.request.layout.labels[0])
    tiles = [("layout", layout), ("rendered scene", wanted.picture)]
    tiles += [(row_caption(row), pictures_of(study, row, 0, requests)[number]) for row in shown]
    # A palette is a third of the size, and pictures of so few colors do not show it.
    _sheet(tiles).quantize(256, Image.Quantize.MEDIANCUT).save(target, optimize=True)


def draw_alpha_curves(network: PlaceUNet, target: Path) -> None:
    """α of each layer over the timesteps."""
    Image.fromarray(from_unit(alpha_curves(network))).save(target, optimize=True)


def row_caption(row: Row) -> str:
    """What stands above a row's picture."""
    title = f"not trained: {row.title}" if row.group is Group.SCHEDULES else row.title
    # Pillow's own font has no Greek.
    return title.replace("α", "alpha").replace("λ₁", "lambda 1")


def _sheet(tiles: Sequence[tuple[str, np.ndarray]]) -> Image.Image:
    """Captioned pictures of one size, enlarged by whole pixels."""
    height, width = (side * _TIMES for side in tiles[0][1].shape[:2])
    columns = min(_COLUMNS, len(tiles))
    lines = -(-len(tiles) // columns)
    size = (
        _GAP + columns * (width + _GAP),
        _GAP + lines * (height + _CAPTION + _GAP),
    )
    sheet = Image.new("RGB", size, _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, (caption, picture) in enumerate(tiles):
        line, column = divmod(number, columns)
        x, y = _GAP + column * (width + _GAP), _GAP + line * (height + _CAPTION + _GAP)
        large = Image.fromarray(picture).resize((width, height), Image.Resampling.NEAREST)
        sheet.paste(large, (x, y + _CAPTION))
        text = _wrapped(draw, caption, font, width)
        bottom = (x, y + _CAPTION - 4)
        draw.multiline_text(bottom, text, _INK, font, anchor="ld", spacing=2)
    return sheet


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The text with line breaks where a line would be wider than ``width`` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and draw.textlength(longer, font=font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)
