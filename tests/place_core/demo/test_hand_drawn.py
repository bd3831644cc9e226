"""Hand-drawn layouts: other shapes than the renderer's, from the vocabulary."""

from __future__ import annotations

import numpy as np
import pytest

from place_core.demo.classes import CLASSES, SKY
from place_core.demo.hand_drawn import hand_drawn_layout
from place_core.demo.scenes import SEEN


def test_a_seed_gives_the_same_layout():
    assert (hand_drawn_layout(5) == hand_drawn_layout(5)).all()
    assert (hand_drawn_layout(5) != hand_drawn_layout(6)).any()


@pytest.mark.parametrize("size", [(128, 128), (64, 160), (200, 72)])
def test_layouts_have_the_size_asked_for(size):
    labels = hand_drawn_layout(1, size)
    assert labels.shape == (size[1], size[0])
    assert labels.dtype == np.int16


def test_labels_are_from_the_vocabulary():
    for seed in range(200):
        assert set(np.unique(hand_drawn_layout(seed, vocabulary=SEEN)).tolist()) <= SEEN.classes


def test_every_class_occurs_and_maps_hold_several():
    layouts = [set(np.unique(hand_drawn_layout(seed)).tolist()) for seed in range(300)]
    assert set.union(*layouts) == {c.id for c in CLASSES}
    assert np.mean([SKY in layout for layout in layouts]) > 0.9
    assert np.mean([len(layout) for layout in layouts]) > 3
