"""Intersection over union."""

from __future__ import annotations

import math

import pytest
import torch

from place_core.evaluation.agreement import Agreement


def agreement(found, wanted, classes=3):
    counted = Agreement(classes)
    counted.add(torch.tensor(found), torch.tensor(wanted))
    return counted


def test_a_perfect_picture_has_one():
    assert agreement([[0, 1], [2, 2]], [[0, 1], [2, 2]]).mean_iou() == 1


def test_intersection_over_union_by_hand():
    # Class 0: wanted 3, found 2, both 2: 2/3. Class 1: wanted 1, found 2, both 1: 1/2.
    counted = agreement([[0, 0], [1, 1]], [[0, 0], [0, 1]])
    assert counted.iou()[:2].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert counted.mean_iou() == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert counted.accuracy() == pytest.approx(3 / 4)


def test_a_class_that_nobody_wanted_does_not_count_but_its_pixels_do():
    # Class 2 is found and was not wanted: it costs class 0 a pixel and has no value of its own.
    counted = agreement([[0, 2]], [[0, 0]])
    assert math.isnan(counted.iou()[2])
    assert counted.mean_iou() == pytest.approx(1 / 2)


def test_a_wanted_class_that_is_not_found_has_zero():
    assert agreement([[0, 0]], [[0, 1]]).iou()[1] == 0


def test_void_does_not_count():
    assert agreement([[0, 2]], [[0, -1]]).mean_iou() == 1


def test_pictures_are_summed_before_dividing():
    counted = Agreement(2)
    counted.add(torch.tensor([[0, 0, 0, 0]]), torch.tensor([[0, 0, 0, 0]]))
    counted.add(torch.tensor([[1, 1]]), torch.tensor([[0, 1]]))
    assert counted.iou().tolist() == pytest.approx([4 / 5, 1 / 2])


def test_the_mean_may_be_of_some_classes():
    counted = agreement([[0, 1, 1]], [[0, 1, 0]])
    assert counted.mean_iou([1]) == pytest.approx(1 / 2)
    assert math.isnan(counted.mean_iou([2]))


@pytest.mark.parametrize(
    ("found", "wanted", "message"),
    [([[0, 3]], [[0, 1]], "found"), ([[0, 1]], [[0, 3]], "wanted"), ([[0]], [[0, 1]], "resize")],
)
def test_what_cannot_be_compared_is_an_error(found, wanted, message):
    with pytest.raises(ValueError, match=message):
        agreement(found, wanted)
