"""The networks of the demo model before any training."""

from __future__ import annotations

import torch

from place_core.demo.model import new_text_encoder


def test_each_word_stands_for_itself():
    encoder = new_text_encoder().eval()
    prompt = torch.tensor([[49406, 320, 1125, *[49407] * 74]])
    other = prompt.clone()
    other[0, 1] = 999
    with torch.no_grad():
        one, two = (encoder(tokens).last_hidden_state[0] for tokens in (prompt, other))
    assert (one != two).any(-1).nonzero()[:, 0].tolist() == [1]


def test_words_learn_and_what_would_mix_them_does_not():
    learns = {name: p.requires_grad for name, p in new_text_encoder().named_parameters()}
    assert not any(learns[name] for name in learns if "self_attn" in name)
    assert all(learns[name] for name in learns if "self_attn" not in name)
