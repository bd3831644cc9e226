"""Pictures for people: a layout with its legend, area fractions as a heat map, α as curves.

All return ComfyUI's IMAGE: ``[B, H, W, 3]`` float32 in 0..1.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from .layout import VOID, Layout
from .sheet import FAINT, INK, MARGIN, PAPER, RULE, fit, heat_colors, pixel_font, stripes, to_image

_SWATCH = (20, 18)

# --- Layout with legend ---------------------------------------------------------------------------


def draw_layout(layout: Layout) -> Tensor:
    """Each map in the colors of its classes, beside a legend with the coverage.

    Void is striped dark; pixels that no class could claim are striped in a bright color.
    """
    rows = [_legend_rows(layout, i) for i in range(layout.batch)]
    longest = max(len(r) for r in rows)
    return to_image([_draw_map(layout, i, rows[i], longest) for i in range(layout.batch)])


def _legend_rows(layout: Layout, number: int) -> list[tuple[Image.Image, str, str]]:
    """``(swatch, text, coverage)`` a line, from the largest class on; void comes last."""
    share = layout.coverage()[number]
    present = [c for c in layout.classes if c.id in share]
    rows = [
        (Image.new("RGB", _SWATCH, c.color), c.label, _percent(share[c.id]))
        for c in sorted(present, key=lambda c: -share[c.id])
    ]
    count = layout.unresolved[number] if number < len(layout.unresolved) else 0
    unresolved = count / (layout.height * layout.width)
    void = share.get(VOID, 0.0) - unresolved
    if void > 0:
        rows.append((_void_sign(*_SWATCH), "void", _percent(void)))
    if count:
        text = f"unresolved, {count:,} px made void"
        rows.append((_unresolved_sign(*_SWATCH), text, _percent(unresolved)))
    return rows


def _percent(share: float) -> str:
    return "<0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"


def _draw_map(layout: Layout, number: int, rows: list, longest: int) -> Image.Image:
    picture = _to_legible_size(color_map(layout, number))
    if layout.unresolved_pixels is not None:
        mask = _to_legible_size(_mask(layout.unresolved_pixels[number]))
        # However small a map is drawn, each of these pixels is seen.
        picture.paste(_unresolved_sign(*picture.size), mask=mask.point(lambda v: 255 * (v > 0)))
    line, column = 26, 300
    per_column = max(8, (picture.height - 8) // line)
    columns = -(-longest // per_column)
    height = max(picture.height, min(longest, per_column) * line) + 2 * MARGIN
    width = picture.width + 2 * MARGIN + columns * column
    sheet = Image.new("RGB", (width, height), PAPER)
    sheet.paste(picture, (MARGIN, MARGIN))
    draw, font = ImageDraw.Draw(sheet), pixel_font(15)
    for i, (swatch, text, covered) in enumerate(rows):
        x = picture.width + 2 * MARGIN + (i // per_column) * column
        y = MARGIN + (i % per_column) * line
        sheet.paste(swatch, (x, y + 2))
        draw.rectangle((x, y + 2, x + swatch.width, y + 2 + swatch.height), outline=FAINT)
        end = x + column - MARGIN
        draw.text((end, y + 2), covered, FAINT, font, anchor="ra")
        room = end - draw.textlength(covered, font=font) - x - 38
        draw.text((x + 28, y + 2), fit(draw, text, font, room), INK, font)
    return sheet


def _to_legible_size(picture: Image.Image) -> Image.Image:
    """Small maps enlarged by whole pixels, large ones reduced, so that a legend fits beside."""
    scale = max(1, round(512 / max(picture.size)))
    picture = picture.resize((picture.width * scale, picture.height * scale), Image.NEAREST)
    if max(picture.size) > 1024:
        picture.thumbnail((1024, 1024), Image.BOX)
    return picture


def color_map(layout: Layout, number: int) -> Image.Image:
    """A map in the colors of its classes, pixel by pixel; void is striped."""
    labels = layout.labels[number].long()
    table = torch.zeros(max(c.id for c in layout.classes) + 2, 3, dtype=torch.uint8)
    for c in layout.classes:
        table[c.id] = torch.tensor(c.color, dtype=torch.uint8)
    picture = Image.fromarray(table[labels].numpy())
    if bool((void := labels == VOID).any()):
        picture.paste(_void_sign(*picture.size), mask=_mask(void))
    return picture


def _mask(pixels: Tensor) -> Image.Image:
    """``[H, W]`` bool as a mask of Pillow's."""
    return Image.fromarray((pixels.numpy() * 255).astype(np.uint8))


def _void_sign(width: int, height: int) -> Image.Image:
    return stripes(width, height, ((70, 70, 70), (40, 40, 40)), max(6, max(width, height) // 40))


def _unresolved_sign(width: int, height: int) -> Image.Image:
    return stripes(width, height, ((255, 0, 200), (255, 255, 255)), 6)


# --- Area fractions -------------------------------------------------------------------------------


def draw_fraction(fraction: Tensor, title: str) -> Tensor:
    """Area fractions ``[h, w]`` of a class in 0..1 as a heat map: one square for each token."""
    h, w = fraction.shape
    cell = max(1, 512 // max(h, w))
    left, top, bar = MARGIN, 48, 64
    sheet = Image.new("RGB", (max(w * cell, 256) + 2 * MARGIN + bar, h * cell + top + 40), PAPER)
    values = fraction.numpy()
    heat = Image.fromarray(heat_colors(values)).resize((w * cell, h * cell), Image.NEAREST)
    sheet.paste(heat, (left, top))
    draw = ImageDraw.Draw(sheet)
    if cell >= 8:
        for i in range(1, w):
            draw.line([(left + i * cell, top), (left + i * cell, top + h * cell)], PAPER)
        for i in range(1, h):
            draw.line([(left, top + i * cell), (left + w * cell, top + i * cell)], PAPER)
    big, small = pixel_font(17), pixel_font(13)
    draw.text((left, 16), fit(draw, title, big, sheet.width - 2 * left), INK, big)
    full, part = int((values >= 1).sum()), int(((values > 0) & (values < 1)).sum())
    note = f"{100 * values.mean():.1f} % of the picture; {full} tokens covered, {part} in part"
    text = fit(draw, note, small, sheet.width - 2 * left)
    draw.text((left, top + h * cell + 12), text, FAINT, small)
    x, height = sheet.width - MARGIN - bar + 24, h * cell
    scale = heat_colors(np.linspace(1, 0, height)[:, None].repeat(14, 1))
    sheet.paste(Image.fromarray(scale), (x, top))
    for value in (1.0, 0.5, 0.0):
        y = top + (1 - value) * (height - 1)
        draw.text((x + 20, y), f"{value:g}", FAINT, pixel_font(12), anchor="lm")
    return to_image([sheet])


# --- α over the steps -----------------------------------------------------------------------------


def draw_alpha(alpha: Tensor, timesteps: Tensor, layer_names: Sequence[str], title: str) -> Tensor:
    """α ``[S, N]`` of ``N`` layers at ``S`` steps with their timesteps ``[S]``, a line a layer."""
    steps, layers = alpha.shape
    left, top, width, height, legend = 64, 56, 640, 360, 330
    rows = layers + (layers > 1)
    sheet_height = max(top + height + 64, top + rows * 20 + 24)
    sheet = Image.new("RGB", (left + width + legend, sheet_height), PAPER)
    draw = ImageDraw.Draw(sheet)
    big, small, smallest = pixel_font(17), pixel_font(13), pixel_font(12)
    draw.text((left, 18), fit(draw, title, big, width + legend - 80), INK, big)
    for value in (0, 0.25, 0.5, 0.75, 1):
        y = top + (1 - value) * height
        draw.line([(left, y), (left + width, y)], RULE)
        draw.text((left - 10, y), f"{value:g}", FAINT, small, anchor="rm")
    for i in np.unique(np.linspace(0, steps - 1, min(steps, 6)).round().astype(int)):
        x = left + width * i / max(1, steps - 1)
        draw.line([(x, top + height), (x, top + height + 5)], FAINT)
        text = f"{i + 1}\nt {timesteps[i]:.0f}"
        draw.text((x, top + height + 9), text, FAINT, smallest, anchor="ma", align="center")
    draw.text((left + width, top + height + 42), "step, timestep", FAINT, smallest, anchor="ra")

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
        line(alpha.mean(1), INK, 4)
        entries.insert(0, (INK, "mean of all layers"))
    for i, (color, name) in enumerate(entries):
        x, y = left + width + 24, top + i * 20
        draw.line([(x, y + 8), (x + 22, y + 8)], color, 4 if color == INK else 2)
        short = name.removesuffix(".attn2").replace("transformer_blocks.", "")
        draw.text((x + 30, y), fit(draw, short, small, legend - 70), INK, small)
    return to_image([sheet])


def _line_color(number: int, count: int) -> tuple[int, int, int]:
    """From blue (first layer) over green to red (last)."""
    hue = 0.6 * (1 - number / max(1, count - 1))
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.6, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)
