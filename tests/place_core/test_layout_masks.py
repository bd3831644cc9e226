"""Masks of a layout's classes."""

from __future__ import annotations

import time

import pytest
import torch

from place_core.layout import VOID, Layout, LayoutClass
from place_core.layout_masks import chosen_classes, masks_of_classes
from place_core.layout_readers import layout_from_masks

CLASSES = (
    LayoutClass(0, "sky", "", (0, 0, 255)),
    LayoutClass(1, "old oak tree", "", (0, 255, 0)),
    LayoutClass(2, "boat, red", "", (255, 0, 0)),
    LayoutClass(3, "moon", "", (9, 9, 9)),
)


def layout(*maps):
    return Layout(torch.tensor(maps, dtype=torch.int16), CLASSES)


def disk(size, radius):
    y, x = torch.meshgrid(*[torch.arange(size) - size // 2] * 2, indexing="ij")
    return layout((((y**2 + x**2) > radius**2) * 1 - 1).tolist())


THREE = layout([[0, 0, 1], [2, VOID, 1]])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["sky", "old oak tree", "boat, red"]),
        (" \n", ["sky", "old oak tree", "boat, red"]),
        ("tree, sky", ["old oak tree", "sky"]),
        ("tree，sky、1", ["old oak tree", "sky"]),
        ("boat, red\nSKY", ["boat, red", "sky"]),
        ("2\n#0000FF", ["boat, red", "sky"]),
        ("sky\nvoid", ["sky", "void"]),
        ("moon", ["moon"]),
    ],
)
def test_classes_are_named_by_name_number_or_color_in_their_order(text, names):
    assert [c.name for c in chosen_classes(THREE, text)] == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sky\nbaot", "classes, line 2: 'baot' is no class of this layout.*The map shows: 0 sky"),
        ("#123456", "classes, line 1: '#123456' is no class"),
        (" ; ", "classes, line 1: ';' is no class"),
    ],
)
def test_what_is_no_class_is_named_with_its_line(text, message):
    with pytest.raises(ValueError, match=message):
        chosen_classes(THREE, text)


def test_commas_alone_are_all_classes():
    assert len(chosen_classes(THREE, " , \n")) == 3


def test_a_map_without_any_class_is_refused():
    with pytest.raises(ValueError, match="void everywhere"):
        chosen_classes(layout([[VOID]]), "")


def test_a_mask_is_exactly_the_region_and_masks_give_the_layout_back():
    chosen = chosen_classes(THREE, "")
    masks, names = masks_of_classes(THREE, chosen)
    assert masks.dtype == torch.float32 and masks.unique().tolist() == [0, 1]
    back = layout_from_masks(list(masks), names)
    assert torch.equal(back.labels, THREE.labels)
    assert [c.name for c in back.classes] == list(names)


def test_a_batch_of_maps_comes_map_by_map():
    two = layout([[0, 1]], [[1, 1]])
    masks, names = masks_of_classes(two, chosen_classes(two, "tree, sky"))
    assert names == ("old oak tree", "sky") * 2
    assert masks[:, 0].tolist() == [[0, 1], [1, 0], [1, 1], [0, 0]]


def test_combined_classes_are_one_mask_for_each_map():
    two = layout([[0, 1, 3]], [[1, 3, 3]])
    masks, names = masks_of_classes(two, chosen_classes(two, "sky, tree"), combine=True)
    assert names == ("sky, old oak tree",) * 2
    assert masks[:, 0].tolist() == [[1, 1, 0], [1, 0, 0]]


def test_inverted_masks_are_all_but_the_region():
    plain, _ = masks_of_classes(THREE, CLASSES[:1], feather=1)
    inverted, _ = masks_of_classes(THREE, CLASSES[:1], feather=1, invert=True)
    assert torch.equal(inverted, 1 - plain)


@pytest.mark.parametrize(("grow", "radius"), [(7, 17), (-4, 6), (-40, None)])
def test_a_disk_grows_and_shrinks_to_a_disk(grow, radius):
    picture = disk(101, 10)
    mask = masks_of_classes(picture, chosen_classes(picture, "void"), grow)[0][0]
    y, x = torch.meshgrid(*[torch.arange(101) - 50] * 2, indexing="ij")
    distance = (y**2 + x**2).sqrt()
    if radius is None:
        assert mask.max() == 0
    else:
        assert mask[distance <= radius - 1].all() and not mask[distance > radius + 1].any()


def test_the_edge_of_the_picture_is_no_border():
    half = layout([[0] * 10 + [1] * 10] * 12)
    shrunk = masks_of_classes(half, CLASSES[:1], grow=-3)[0][0]
    assert torch.equal(shrunk[:, :7], torch.ones(12, 7)) and shrunk[:, 7:].max() == 0
    soft = masks_of_classes(half, CLASSES[:1], feather=4)[0][0]
    assert (soft[:, :6] == 1).all() and (soft == soft[:1]).all()


@pytest.mark.parametrize("pixels", [1, 4, 15])
def test_a_feathered_border_rises_over_the_pixels_on_either_side(pixels):
    half = layout([[0] * 40 + [1] * 40] * 3)
    soft = masks_of_classes(half, CLASSES[1:2], feather=pixels)[0][0, 1]
    assert (soft[: 40 - pixels] == 0).all() and (soft[40 + pixels :] == 1).all()
    ramp = soft[39 - pixels : 41 + pixels]
    assert (ramp.diff() > 0).all()
    torch.testing.assert_close(soft + soft.flip(0), torch.ones(80))


def test_a_whole_and_an_empty_picture_stay_what_they_are():
    one = layout([[0, 0], [0, 0]])
    masks, _ = masks_of_classes(one, (CLASSES[0], CLASSES[3]), grow=-5, feather=3)
    assert masks[0].min() == 1 and masks[1].max() == 0


def test_a_map_of_one_pixel_has_a_mask():
    assert masks_of_classes(layout([[1]]), CLASSES[1:2], 3, 3)[0].tolist() == [[[1]]]


def test_more_masks_than_fit_are_refused_before_any_is_made():
    large = Layout(torch.zeros(1, 4096, 4096, dtype=torch.int16), CLASSES)
    with pytest.raises(ValueError, match="100 masks of 4096×4096 pixels would take 6 GiB"):
        masks_of_classes(large, CLASSES[:1] * 100)


def test_a_large_map_takes_seconds_at_most():
    labels = torch.zeros(1, 4096, 4096, dtype=torch.int16)
    labels[0, 1000:3000, 500:3500] = 1
    start = time.monotonic()
    masks_of_classes(Layout(labels, CLASSES), CLASSES[:2], grow=20, feather=40)
    assert time.monotonic() - start < 60
