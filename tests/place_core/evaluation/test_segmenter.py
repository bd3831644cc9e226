"""Segmentation networks of several families, with random weights."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from place_core.evaluation.errors import EvaluationError
from place_core.evaluation.segmenter import Segmenter
from small_evaluation import (
    LABELS,
    write_clip,
    write_mask2former,
    write_segformer,
    write_upernet,
)


@pytest.mark.parametrize("write", [write_segformer, write_upernet, write_mask2former])
def test_labels_at_the_size_of_each_picture(write, tmp_path):
    segmenter = Segmenter(str(write(tmp_path / "network")), torch.device("cpu"))
    assert segmenter.labels == LABELS
    found = segmenter([Image.new("RGB", (80, 48), "red"), Image.new("RGB", (33, 70), "blue")])
    assert [list(labels.shape) for labels in found] == [[48, 80], [70, 33]]
    for labels in found:
        assert labels.dtype == torch.int64
        assert set(labels.unique().tolist()) <= set(LABELS)


def test_a_network_for_another_task(tmp_path):
    with pytest.raises(EvaluationError, match="--segmenter"):
        Segmenter(str(write_clip(tmp_path / "clip")), torch.device("cpu"))
