"""Encoded scenes with maps."""

from __future__ import annotations

import numpy as np
import torch

from place_core.demo.classes import CLASSES
from place_core.demo.scenes import SEEN
from place_core.evaluation.study import pairs as module
from place_core.evaluation.study.pairs import encode_pairs
from place_core.layout import Layout
from place_core.tokens import FREE


def test_pairs_are_of_seen_classes_with_prompts_that_fit(shared):
    pairs = encode_pairs(shared)
    assert pairs.latents.shape == (6, 4, 16, 16) and pairs.labels.shape == (6, 128, 128)
    assert pairs.latents.dtype == torch.float16 and pairs.latents.float().std() > 0
    for labels, tokens, ids in zip(pairs.labels, pairs.tokens, pairs.class_ids, strict=True):
        present = set(labels.unique().tolist()) - {255}
        assert present <= SEEN.classes
        assert set(ids.tolist()) - {FREE} == present
        assert len(tokens) == len(ids) == 77


def test_what_is_encoded_is_not_encoded_again(study, monkeypatch):
    monkeypatch.setattr(module, "_IN_FILE", 2)
    encoded = []

    def stopped(study, numbers):
        if len(encoded) == 2:
            raise KeyboardInterrupt
        encoded.append(numbers)
        return encode(study, numbers)

    encode = module._encode
    monkeypatch.setattr(module, "_encode", stopped)
    try:
        encode_pairs(study)
    except KeyboardInterrupt:
        pass
    encoded.clear()
    pairs = encode_pairs(study)
    assert encoded == [range(4, 6)]
    assert len(pairs.latents) == 6
    monkeypatch.setattr(module, "_IN_FILE", 200)
    whole = encode(study, range(6))
    np.testing.assert_array_equal(pairs.labels.numpy(), whole["labels"])
    np.testing.assert_array_equal(pairs.tokens.numpy(), whole["tokens"])


def test_scales_are_those_of_the_map(shared):
    """The exact fractions of the scene's own labels, spread over its tokens."""
    pairs = encode_pairs(shared)
    variant_scales = []

    def scales_of(layout, ids, grids):
        variant_scales.append((layout, ids))
        return {4: torch.ones(4, 77)}

    pairs.scales([3], [False], scales_of, ((2, 2),))
    layout, ids = variant_scales[0]
    expected = Layout(
        pairs.labels[3].to(torch.int16).masked_fill(pairs.labels[3] == 255, -1)[None], CLASSES
    )
    assert torch.equal(layout.labels, expected.labels)
    assert torch.equal(ids, pairs.class_ids[3].long())
