"""Label maps of the demo model as pictures."""

from __future__ import annotations

import numpy as np
import torch

from place_core.demo.class_colors import class_colors
from place_core.demo.classes import BOAT, CLASSES, SKY
from place_core.layout import VOID


def test_each_class_has_its_color_and_void_is_gray():
    colors = class_colors(torch.tensor([[SKY, BOAT, VOID]], dtype=torch.int16))
    assert colors.dtype == np.uint8
    assert colors.tolist() == [[list(CLASSES[SKY].color), list(CLASSES[BOAT].color), [70, 70, 70]]]
