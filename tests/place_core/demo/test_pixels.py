"""Pictures and label maps as bytes."""

from __future__ import annotations

import numpy as np
import torch

from place_core.demo.classes import BOAT, CLASSES, SKY
from place_core.demo.pixels import class_colors, from_unit, to_unit
from place_core.layout import VOID


def test_bytes_come_back_as_they_were():
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert (from_unit(to_unit(picture)) == picture).all()


def test_each_class_has_its_color_and_void_is_gray():
    colors = class_colors(torch.tensor([[SKY, BOAT, VOID]], dtype=torch.int16))
    assert colors.dtype == np.uint8
    assert colors.tolist() == [[list(CLASSES[SKY].color), list(CLASSES[BOAT].color), [70, 70, 70]]]
