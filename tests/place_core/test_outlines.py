"""The borders of a layout, drawn over pictures."""

from __future__ import annotations

import pytest
import torch

from place_core.layout import VOID, Layout, LayoutClass
from place_core.outlines import draw_outlines, rims

RED, BLUE = (255, 0, 0), (0, 0, 255)
CLASSES = (LayoutClass(0, "a", "a", RED), LayoutClass(1, "b", "b", BLUE))
GRAY = 0.5


def layout(*maps):
    return Layout(torch.tensor(maps, dtype=torch.int16), CLASSES)


def shown(picture):
    """``r``, ``b`` and ``.`` for red, blue and what was there."""
    letters = {(1, 0, 0): "r", (0, 0, 1): "b", (GRAY,) * 3: "."}
    return ["".join(letters[tuple(pixel)] for pixel in row) for row in picture.tolist()]


def gray(height, width, batch=1):
    return torch.full((batch, height, width, 3), GRAY)


def test_each_region_has_a_rim_of_its_own_color():
    outlined, _ = draw_outlines(gray(4, 6), layout([[0, 0, 0, 1, 1, 1]] * 4), 1)
    assert shown(outlined[0]) == ["..rb.."] * 4


def test_a_rim_goes_around_corners_and_not_along_the_edge_of_the_picture():
    labels = torch.zeros(4, 4, dtype=torch.int16)
    labels[3, 3] = 1
    assert rims(labels, 1).int().tolist() == [[0] * 4, [0] * 4, [0, 0, 1, 1], [0, 0, 1, 1]]


def test_the_width_is_in_pixels_on_each_side():
    outlined, _ = draw_outlines(gray(1, 10), layout([[0] * 5 + [1] * 5]), 3)
    assert shown(outlined[0]) == ["..rrrbbb.."]


def test_void_has_no_color_and_the_class_beside_it_has_a_rim():
    outlined, _ = draw_outlines(gray(1, 6), layout([[0, 0, 0, VOID, VOID, VOID]]), 1)
    assert shown(outlined[0]) == ["..r..."]


@pytest.mark.parametrize(("width", "expected"), [(12, "....rrbb...."), (4, "rrbb"), (5, "rrbb.")])
def test_the_map_is_stretched_by_whole_pixels(width, expected):
    outlined, _ = draw_outlines(gray(1, width), layout([[0, 0, 0, 1, 1, 1]]), 2)
    assert shown(outlined[0]) == [expected]


def test_one_region_has_no_border():
    assert torch.equal(draw_outlines(gray(3, 3), layout([[1] * 3] * 3), 2)[0], gray(3, 3))


def test_each_picture_has_its_own_map_or_all_have_one():
    one, other = [[0, 1, 1, 1]], [[0, 0, 0, 1]]
    both = [["rb.."], ["..rb"]]
    assert [shown(p) for p in draw_outlines(gray(1, 4, 2), layout(one, other), 1)[0]] == both
    assert [shown(p) for p in draw_outlines(gray(1, 4, 1), layout(one, other), 1)[0]] == both
    same = [shown(p) for p in draw_outlines(gray(1, 4, 2), layout(one), 1)[0]]
    assert same == [both[0]] * 2


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="layout: 2 maps do not fit 3 pictures"):
        draw_outlines(gray(1, 2, 3), layout([[0, 1]], [[1, 0]]), 1)


def test_the_comparison_has_map_picture_and_outlines():
    pictures = gray(2, 4)
    outlined, comparison = draw_outlines(pictures, layout([[0, 0, 1, 1]] * 2), 1)
    of_map, of_picture, of_outlines = comparison.split(4, 2)
    assert shown(of_map[0]) == ["rrbb"] * 2
    assert torch.equal(of_picture, pictures) and torch.equal(of_outlines, outlined)


def test_a_picture_with_transparency_is_drawn_without():
    outlined, _ = draw_outlines(torch.full((1, 1, 2, 4), GRAY), layout([[0, 1]]), 1)
    assert outlined.shape == (1, 1, 2, 3)
