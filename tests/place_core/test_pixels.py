"""Pictures as bytes and as values in 0..1."""

from __future__ import annotations

import numpy as np
import torch

from place_core.pixels import from_unit, to_unit


def test_bytes_come_back_as_they_were():
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert (from_unit(to_unit(picture)) == picture).all()


def test_values_beyond_the_range_are_cut():
    assert from_unit(torch.tensor([-0.5, 0.5, 1.2])).tolist() == [0, 128, 255]
