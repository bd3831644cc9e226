"""Recorded fusion maps over the picture that they made, a row for each word and token grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from .pixels import from_unit
from .recording import MapKey, Run
from .sheet import FAINT, INK, MARGIN, PAPER, fit, heat_colors, pixel_font, to_image

_TITLE, _CAPTION, _GAP = 28, 22, 8
_WIDEST, _HIGHEST = 2048, 4096
_SMALLEST_CELL, _LARGEST_CELL = 96, 320
# How bright the picture is under the heat, and how much of a map's largest value covers it.
_DIMMED, _COVERED = 0.55, 0.85


def draw_fusion_maps(run: Run, images: Tensor) -> Tensor:
    """A sheet for each picture: rows of words and token grids, columns of steps.

    Each map is colored by its own largest value, since shares are small and change much over the
    steps; that value and the mean stand below.

    Args:
        images: ``[B, H, W, 3]`` in 0..1, the pictures of the run.

    Raises:
        ValueError: another number of pictures than the run had, or more maps than can be drawn.
    """
    if len(images) != len(run.latent):
        raise ValueError(
            f"image: {len(images)} pictures, but the run made {len(run.latent)}. Connect the "
            "picture decoded from the same LATENT."
        )
    rows = sorted({key._replace(picture=0, step=0) for key in run.maps}, key=_row_order(run))
    steps = sorted({key.step for key in run.maps})
    cell = _cell_size(images.shape[2] / images.shape[1], len(rows), len(steps))
    pixels = from_unit(images[..., :3])
    return to_image(
        [
            _draw_sheet(run, i, Image.fromarray(pixels[i]).resize(cell, Image.BICUBIC), rows, steps)
            for i in range(len(pixels))
        ]
    )


def _row_order(run: Run) -> Callable[[MapKey], tuple[int, int, int]]:
    """In the order of the user's words and layers, then from fine grids to coarse ones."""
    words = list(run.choice.words)
    groups = [group.name for group in run.choice.layers]
    return lambda key: (words.index(key.word), groups.index(key.group), -key.grid[0] * key.grid[1])


def _cell_size(aspect: float, rows: int, columns: int) -> tuple[int, int]:
    """Width and height of a picture in the sheet."""
    highest = _HIGHEST // rows - _TITLE - _CAPTION
    longest = min(_LARGEST_CELL, _WIDEST // columns, int(highest * max(1, aspect)))
    size = round(longest * min(1, aspect)), round(longest * min(1, 1 / aspect))
    if longest < _SMALLEST_CELL:
        raise ValueError(
            f"recording: {rows} rows of words and layers with {columns} steps each are more than a "
            "picture can show. Choose fewer in Record Fusion Maps."
        )
    return size


def _draw_sheet(
    run: Run, number: int, picture: Image.Image, rows: Sequence[MapKey], steps: Sequence[int]
) -> Image.Image:
    width, height = picture.size
    line = height + _TITLE + _CAPTION
    notes = _notes(run, rows)
    sheet = Image.new(
        "RGB",
        (
            max(len(steps) * (width + _GAP), 360) + 2 * MARGIN,
            len(rows) * line + len(notes) * _CAPTION + 2 * MARGIN,
        ),
        PAPER,
    )
    draw, big, small = ImageDraw.Draw(sheet), pixel_font(16), pixel_font(13)
    room = sheet.width - 2 * MARGIN
    for i, row in enumerate(rows):
        y = MARGIN + i * line
        title = f"{row.word}   {row.grid[0]} x {row.grid[1]}, layers: {row.group}"
        draw.text((MARGIN, y), fit(draw, title, big, room), INK, big)
        for j, step in enumerate(steps):
            x = MARGIN + j * (width + _GAP)
            text = f"step {step}: none"
            found = run.maps.get(row._replace(picture=number, step=step))
            if found is not None:
                values = found.float().numpy()
                mean, largest = float(values.mean()), float(values.max())
                over = _heat_over(picture, values / max(largest, 1e-6))
                sheet.paste(over, (x, y + _TITLE))
                text = f"step {step}: mean {_percent(mean)}, largest {_percent(largest)}"
            draw.text((x, y + _TITLE + height + 3), fit(draw, text, small, width), FAINT, small)
    for i, note in enumerate(notes):
        y = MARGIN + len(rows) * line + i * _CAPTION
        draw.text((MARGIN, y), fit(draw, note, small, room), INK, small)
    return sheet


def _notes(run: Run, rows: Sequence[MapKey]) -> list[str]:
    shown = {row.word for row in rows}
    notes = [f"{word}: no such class or word" for word in run.choice.words if word not in shown]
    if run.cut_at is not None:
        notes.append(f"from step {run.cut_at} on nothing more was kept: choose less to record")
    return notes


def _heat_over(picture: Image.Image, values: np.ndarray) -> Image.Image:
    """The dimmed picture under values ``[h, w]`` in 0..1, a square for each token."""
    shown = Image.fromarray(values).resize(picture.size, Image.NEAREST)
    cover = _COVERED * np.asarray(shown)[..., None]
    mixed = (1 - cover) * _DIMMED * np.asarray(picture) + cover * heat_colors(np.asarray(shown))
    return Image.fromarray(mixed.round().astype(np.uint8))


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
