"""Pictures for people: a layout with its legend, area fractions as a heat map, α as curves.

All return ComfyUI's IMAGE: ``[B, H, W, 3]`` float32 in 0..1.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .layout import VOID, Layout

_PAPER = (24, 25, 29)
_INK = (232, 232, 236)
_FAINT = (126, 128, 138)
_RULE = (58, 60, 68)
_MARGIN = 16


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _to_image(pictures: Sequence[Image.Image]) -> Tensor:
    arrays = [np.asarray(p.convert("RGB"), dtype=np.float32) / 255 for p in pictures]
    return torch.from_numpy(np.stack(arrays))


def _fit(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """The text, cut with an ellipsis where it is wider than ``width`` pixels."""
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(f"{text}…", font=font) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


# --- Layout with legend ---------------------------------------------------------------------------


def draw_layout(layout: Layout) -> Tensor:
    """Each map in the colors of its classes, void hatched, beside a legend with the coverage."""
    rows = [_legend_rows(layout, i) for i in range(layout.batch)]
    longest = max(len(r) for r in rows)
    return _to_image([_draw_map(layout, i, rows[i], longest) for i in range(layout.batch)])


def _legend_rows(layout: Layout, number: int) -> list[tuple[tuple[int, int, int] | None, str, str]]:
    """``(color, text, coverage)`` a line; the color is None for void."""
    share = layout.coverage()[number]
    rows = [
        (c.color, f"{c.id}  {c.name}", _percent(share[c.id]))
        for c in layout.classes
        if c.id in share
    ]
    rows.sort(key=lambda row: -share[int(row[1].split("  ")[0])])
    if VOID in share:
        unresolved = layout.unresolved[number] if number < len(layout.unresolved) else 0
        text = f"void, {unresolved:,} px unresolved" if unresolved else "void"
        rows.append((None, text, _percent(share[VOID])))
    return rows


def _percent(share: float) -> str:
    return "<0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"


def _draw_map(layout: Layout, number: int, rows: list, longest: int) -> Image.Image:
    picture = _color_map(layout, number)
    # Small maps are enlarged by whole pixels, large ones reduced, so that a legend fits beside.
    scale = max(1, round(512 / max(picture.size)))
    picture = picture.resize((picture.width * scale, picture.height * scale), Image.NEAREST)
    if max(picture.size) > 1024:
        picture.thumbnail((1024, 1024), Image.BOX)
    line, column = 26, 300
    per_column = max(8, (picture.height - 8) // line)
    columns = -(-longest // per_column)
    height = max(picture.height, min(longest, per_column) * line) + 2 * _MARGIN
    width = picture.width + 2 * _MARGIN + columns * column
    sheet = Image.new("RGB", (width, height), _PAPER)
    sheet.paste(picture, (_MARGIN, _MARGIN))
    draw, font = ImageDraw.Draw(sheet), _font(15)
    for i, (color, text, covered) in enumerate(rows):
        x = picture.width + 2 * _MARGIN + (i // per_column) * column
        y = _MARGIN + (i % per_column) * line
        box = (x, y + 2, x + 20, y + 20)
        if color is None:
            sheet.paste(_hatch(20, 18), box[:2])
        else:
            draw.rectangle(box, fill=color)
        draw.rectangle(box, outline=_FAINT)
        end = x + column - _MARGIN
        draw.text((end, y + 2), covered, _FAINT, font, anchor="ra")
        room = end - draw.textlength(covered, font=font) - x - 38
        draw.text((x + 28, y + 2), _fit(draw, text, font, room), _INK, font)
    return sheet


def _color_map(layout: Layout, number: int) -> Image.Image:
    labels = layout.labels[number].long()
    table = torch.zeros(max(c.id for c in layout.classes) + 2, 3, dtype=torch.uint8)
    for c in layout.classes:
        table[c.id] = torch.tensor(c.color, dtype=torch.uint8)
    picture = Image.fromarray(table[labels].numpy())
    void = Image.fromarray(((labels == VOID).numpy() * 255).astype(np.uint8))
    picture.paste(_hatch(*picture.size), (0, 0), void)
    return picture


def _hatch(width: int, height: int) -> Image.Image:
    """Diagonal stripes, the sign of void."""
    y, x = np.mgrid[:height, :width]
    period = max(6, max(width, height) // 40)
    stripe = ((x + y) // (period // 2)) % 2 == 0
    return Image.fromarray(np.where(stripe[..., None], 70, 40).repeat(3, -1).astype(np.uint8))


# --- Area fractions -------------------------------------------------------------------------------


def draw_fraction(fraction: Tensor, title: str) -> Tensor:
    """Area fractions ``[h, w]`` of a class in 0..1 as a heat map: one square for each token."""
    h, w = fraction.shape
    cell = max(1, 512 // max(h, w))
    left, top, bar = _MARGIN, 48, 64
    sheet = Image.new("RGB", (max(w * cell, 256) + 2 * _MARGIN + bar, h * cell + top + 40), _PAPER)
    values = fraction.numpy()
    heat = Image.fromarray(_heat(values)).resize((w * cell, h * cell), Image.NEAREST)
    sheet.paste(heat, (left, top))
    draw = ImageDraw.Draw(sheet)
    if cell >= 8:
        for i in range(1, w):
            draw.line([(left + i * cell, top), (left + i * cell, top + h * cell)], _PAPER)
        for i in range(1, h):
            draw.line([(left, top + i * cell), (left + w * cell, top + i * cell)], _PAPER)
    draw.text((left, 16), _fit(draw, title, _font(17), sheet.width - 2 * left), _INK, _font(17))
    full, part = int((values >= 1).sum()), int(((values > 0) & (values < 1)).sum())
    note = f"{100 * values.mean():.1f} % of the picture; {full} tokens covered, {part} in part"
    text = _fit(draw, note, _font(13), sheet.width - 2 * left)
    draw.text((left, top + h * cell + 12), text, _FAINT, _font(13))
    x, height = sheet.width - _MARGIN - bar + 24, h * cell
    scale = _heat(np.linspace(1, 0, height)[:, None].repeat(14, 1))
    sheet.paste(Image.fromarray(scale), (x, top))
    for value in (1.0, 0.5, 0.0):
        y = top + (1 - value) * (height - 1)
        draw.text((x + 20, y), f"{value:g}", _FAINT, _font(12), anchor="lm")
    return _to_image([sheet])


def _heat(values: np.ndarray) -> np.ndarray:
    """Dark violet over red and orange to pale yellow; 0 is nearly the paper, even faint is seen."""
    stops = np.array([0, 0.001, 0.25, 0.5, 0.75, 1.0])
    colors = np.array(
        [(34, 35, 41), (64, 24, 92), (140, 35, 105), (213, 72, 71), (249, 150, 44), (252, 246, 170)]
    )
    channels = [np.interp(values, stops, colors[:, i]) for i in range(3)]
    return np.stack(channels, -1).astype(np.uint8)


# --- α over the steps -----------------------------------------------------------------------------


def draw_alpha(alpha: Tensor, timesteps: Tensor, layer_names: Sequence[str], title: str) -> Tensor:
    """α ``[S, N]`` of ``N`` layers at ``S`` steps with their timesteps ``[S]``, a line a layer."""
    steps, layers = alpha.shape
    left, top, width, height, legend = 64, 56, 640, 360, 330
    rows = layers + (layers > 1)
    sheet_height = max(top + height + 64, top + rows * 20 + 24)
    sheet = Image.new("RGB", (left + width + legend, sheet_height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((left, 18), _fit(draw, title, _font(17), width + legend - 80), _INK, _font(17))
    for value in (0, 0.25, 0.5, 0.75, 1):
        y = top + (1 - value) * height
        draw.line([(left, y), (left + width, y)], _RULE)
        draw.text((left - 10, y), f"{value:g}", _FAINT, _font(13), anchor="rm")
    for i in np.unique(np.linspace(0, steps - 1, min(steps, 6)).round().astype(int)):
        x = left + width * i / max(1, steps - 1)
        draw.line([(x, top + height), (x, top + height + 5)], _FAINT)
        text = f"{i + 1}\nt {timesteps[i]:.0f}"
        draw.text((x, top + height + 9), text, _FAINT, _font(12), anchor="ma", align="center")
    draw.text((left + width, top + height + 42), "step, timestep", _FAINT, _font(12), anchor="ra")

    def line(values: Tensor, color: tuple[int, int, int], thickness: int) -> None:
        points = [
            (left + width * i / max(1, steps - 1), top + (1 - v) * height)
            for i, v in enumerate(values.tolist())
        ]
        if len(points) == 1:
            points = [points[0], (left + width, points[0][1])]
        draw.line(points, color, thickness, joint="curve")

    colors = [_line_color(i, layers) for i in range(layers)]
    for i, color in enumerate(colors):
        line(alpha[:, i], color, 2)
    entries = list(zip(colors, layer_names, strict=True))
    if layers > 1:
        line(alpha.mean(1), _INK, 4)
        entries.insert(0, (_INK, "mean of all layers"))
    for i, (color, name) in enumerate(entries):
        x, y = left + width + 24, top + i * 20
        draw.line([(x, y + 8), (x + 22, y + 8)], color, 4 if color == _INK else 2)
        short = name.removesuffix(".attn2").replace("transformer_blocks.", "")
        draw.text((x + 30, y), _fit(draw, short, _font(13), legend - 70), _INK, _font(13))
    return _to_image([sheet])


def _line_color(number: int, count: int) -> tuple[int, int, int]:
    """From blue (first layer) over green to red (last)."""
    hue = 0.6 * (1 - number / max(1, count - 1))
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.6, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)
