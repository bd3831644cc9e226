"""Pictures for people."""

from __future__ import annotations

import time

import pytest
import torch
from PIL import Image, ImageDraw

from place_core.drawing import draw_alpha, draw_fraction, draw_layout
from place_core.layout import VOID, Layout, LayoutClass
from place_core.palettes import ADE20K, load_classes
from place_core.sheet import fit, pixel_font


def is_picture(image, batch):
    return (
        image.ndim == 4
        and len(image) == batch
        and image.shape[-1] == 3
        and image.dtype == torch.float32
        and 0 <= image.min() < image.max() <= 1
    )


def contains(image, color):
    return (image == torch.as_tensor(color) / 255).all(-1).any()


def test_a_layout_is_drawn_in_its_colors_with_a_legend_beside():
    classes = load_classes(ADE20K)
    labels = torch.full((1, 512, 512), 2, dtype=torch.int16)
    labels[:, 300:] = 26
    image = draw_layout(Layout(labels, classes))
    assert is_picture(image, 1) and image.shape[2] > 512 + 200
    legend = image[:, :, 540:]
    assert contains(legend, classes[2].color) and contains(legend, classes[26].color)
    assert not contains(image, classes[9].color)


@pytest.mark.parametrize("size", [(1, 1), (64, 48), (700, 1200), (3000, 200)], ids=str)
@pytest.mark.parametrize("classes", [1, 60, 150])
def test_any_map_and_any_number_of_classes_can_be_drawn(size, classes):
    labels = torch.arange(size[0] * size[1]).view(1, *size) % classes
    image = draw_layout(Layout(labels.to(torch.int16), load_classes(ADE20K)))
    assert is_picture(image, 1) and max(image.shape[1:3]) < 4000


def test_maps_of_a_batch_make_pictures_of_one_size():
    labels = torch.zeros(2, 32, 32, dtype=torch.int16)
    labels[1] = torch.arange(32 * 32).view(32, 32) % 40 - 1
    image = draw_layout(Layout(labels, load_classes(ADE20K), unresolved=(0, 5)))
    assert is_picture(image, 2)


@pytest.mark.parametrize("size", [(8, 8), (40, 512), (1500, 1500)], ids=str)
def test_an_unresolved_pixel_is_marked_in_the_map_and_in_the_legend(size):
    labels = torch.zeros(2, *size, dtype=torch.int16)
    unresolved = torch.zeros(2, *size, dtype=torch.bool)
    labels[0, 3, 5], labels[1, 3, 5], unresolved[1, 3, 5] = VOID, VOID, True
    classes = load_classes(ADE20K)
    void, marked = draw_layout(Layout(labels, classes, (0, 1), (), unresolved))
    stripes = torch.tensor([[255, 0, 200], [255, 255, 255]]) / 255
    assert not contains(void, stripes[0] * 255)
    signal = (marked[..., None, :] == stripes).all(-1).any(-1)
    rows, columns = signal.nonzero(as_tuple=True)
    map_width = min(1024, max(1, round(512 / max(size))) * size[1])
    in_map = columns < 16 + map_width
    assert in_map.any() and (~in_map).any()
    scale = map_width / size[1]
    assert (rows[in_map] - 16 - 3.5 * scale).abs().max() <= scale / 2 + 1
    assert (columns[in_map] - 16 - 5.5 * scale).abs().max() <= scale / 2 + 1


@pytest.mark.parametrize("name", ["🌲 tree", "עץ", "木", "<b>x</b>", "a" * 300, ""])
def test_any_name_can_be_drawn(name):
    layout = Layout(
        torch.zeros(1, 8, 8, dtype=torch.int16), (LayoutClass(0, name, name, (9, 99, 9)),)
    )
    assert is_picture(draw_layout(layout), 1)


@pytest.mark.parametrize("grid", [(64, 64), (8, 12), (1, 1), (33, 17), (700, 3)], ids=str)
def test_a_fraction_is_a_heat_map_of_its_grid(grid):
    assert is_picture(draw_fraction(torch.rand(grid), "tree"), 1)


def test_a_token_that_is_hardly_covered_can_be_told_from_an_empty_one():
    fraction = torch.zeros(8, 8)
    empty = draw_fraction(fraction, "")
    fraction[3, 3] = 0.002
    assert (draw_fraction(fraction, "") - empty).abs().max() > 0.1


@pytest.mark.parametrize(("steps", "layers"), [(50, 16), (1, 1), (20, 1), (4, 70)])
def test_alpha_is_drawn_for_any_number_of_steps_and_layers(steps, layers):
    names = [f"input_blocks.{i}.1.transformer_blocks.0.attn2" for i in range(layers)]
    image = draw_alpha(torch.rand(steps, layers), torch.linspace(981, 1, steps), names, "alpha")
    assert is_picture(image, 1)


@pytest.mark.parametrize("letter", ["x", "i", "海", "\ud800", "\u0301"])
def test_a_name_of_any_length_is_cut_at_once(letter):
    """Letter by letter, 16,000 of them took over a minute."""
    layout = Layout(
        torch.zeros(1, 8, 8, dtype=torch.int16),
        (LayoutClass(0, letter * 1_000_000, "", (9, 9, 9)),),
    )
    start = time.perf_counter()
    draw_layout(layout)
    assert time.perf_counter() - start < 2


def test_a_cut_text_is_as_long_as_fits():
    draw, font = ImageDraw.Draw(Image.new("RGB", (9, 9))), pixel_font(15)
    for width in (0, 1, 9, 40, 161, 300):
        text = "a rather long name of a class, too long for its legend"
        shown = fit(draw, text, font, width)
        longer = text[: len(shown)].rstrip() + "…"
        assert shown == "…" or draw.textlength(shown, font=font) <= width
        assert shown == text or draw.textlength(longer, font=font) > width or longer == shown
    assert fit(draw, "short", font, 300) == "short"
    assert fit(draw, "half \ud83c", font, 300) == "half \ufffd"
