"""Eq. 4: adaptive fusion."""

from __future__ import annotations

import pytest
import torch

from place_core import fusion
from place_core.alpha import AlphaHeads, learned_alpha
from place_core.bound_layout import BoundLayout
from place_core.fusion import (
    bound_class_ids,
    fused_attention,
    fusion_map,
    spread_over_tokens,
    token_layout,
)
from place_core.lcm import FULL
from place_core.tokens import FREE
from seeded_checkpoint import seeded

HEADS, DEPTH = 8, 40
SHAPES = {
    "to_q.weight": (320, 320),
    "to_k.weight": (320, 768),
    "to_v.weight": (320, 768),
    "to_out.0.weight": (320, 320),
    "to_out.0.bias": (320,),
    "cascale.0.weight": (1, 1280),
    "cascale.0.bias": (1,),
}


class AuthorsLayer:
    """The cross-attention layer of the golden numbers, with our fusion."""

    def __init__(self, golden, name, grid):
        self.expected = golden.tensors(f"attention_{name}")
        key = f"public/attention/{name}"
        image = golden.randn(f"{key}/{grid}/x", (2, grid * grid, 320))
        context = golden.randn(f"{key}/context", (2, 77, 768))
        weight = {name: torch.from_numpy(seeded(name, shape)) for name, shape in SHAPES.items()}
        embedding = 0.5 * golden.randn(f"{key}/{grid}/emb", (2, 1280))
        heads = AlphaHeads(("attn2",), weight["cascale.0.weight"], weight["cascale.0.bias"])
        self.alpha = learned_alpha(heads, embedding)[0]
        self.query = split(image @ weight["to_q.weight"].T)
        self.key = split(context @ weight["to_k.weight"].T)
        self.value = split(context @ weight["to_v.weight"].T)
        labels = golden.label_map(name)
        self.scale = torch.stack(
            [
                BoundLayout(labels[None], tokens).token_scale(0, (grid, grid), FULL, 77, 77)
                for tokens in golden.token_class_ids(self.expected["tokens_cls"])
            ]
        )
        self.project = lambda out: (
            out.transpose(1, 2).flatten(2) @ weight["to_out.0.weight"].T + weight["to_out.0.bias"]
        )


def split(tokens):
    return tokens.unflatten(-1, (HEADS, DEPTH)).transpose(1, 2)


@pytest.fixture(
    scope="module",
    params=[(name, r) for name in ("halves", "blobs6", "void", "absent") for r in (64, 32, 16, 8)],
    ids=lambda p: f"{p[0]}-{p[1]}",
)
def layer(request, golden):
    name, grid = request.param
    layer = AuthorsLayer(golden, name, grid)
    layer.prefix = f"r{grid}"
    return layer


def test_alpha_equals_the_authors_gate(layer):
    expected = layer.expected[f"{layer.prefix}.alpha"]
    torch.testing.assert_close(layer.alpha, expected, rtol=0, atol=2e-6)


def test_the_fused_map_equals_the_authors_map(layer):
    found = fusion_map(layer.query, layer.key, layer.scale, layer.alpha)
    rows = layer.expected[f"{layer.prefix}.map_rows"].long()
    expected = layer.expected[f"{layer.prefix}.map"]
    torch.testing.assert_close(found[:, :, rows], expected, rtol=0, atol=3e-6)


def test_the_attention_output_equals_the_authors_output(layer):
    out = layer.project(
        fused_attention(layer.query, layer.key, layer.value, token_layout(layer.scale), layer.alpha)
    )
    rows = layer.expected[f"{layer.prefix}.rows"].long()
    expected = layer.expected[f"{layer.prefix}.out"]
    torch.testing.assert_close(out[:, rows], expected, rtol=0, atol=1e-5)
    for row, (total, absolute) in zip(
        out.double(), layer.expected[f"{layer.prefix}.out_checksum"], strict=True
    ):
        assert abs(row.sum() - total) < 1e-6 * absolute
        assert abs(row.abs().sum() - absolute) < 1e-6 * absolute


def example(batch=2, rows=30, tokens=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(batch, 3, rows, 8, generator=generator)
    key = torch.randn(batch, 3, tokens, 8, generator=generator)
    value = torch.randn(batch, 3, tokens, 5, generator=generator)
    scale = torch.rand(batch, rows, tokens, generator=generator)
    scale[:, :, :3] = (scale[:, :, :3] - 0.5).clamp(min=0)
    scale[:, :, -1] = 1
    return query, key, value, scale, torch.rand(batch, generator=generator)


@pytest.mark.parametrize("piece", [1, 7 * 2 * 3 * 9, 1 << 20], ids=["rows", "seven rows", "whole"])
def test_what_runs_equals_the_equation_as_written(monkeypatch, piece):
    monkeypatch.setattr(fusion, "_PIECE_ON_CPU", piece)
    query, key, value, scale, alpha = example()
    expected = fusion_map(query, key, scale, alpha) @ value
    found = fused_attention(query, key, value, token_layout(scale), alpha)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_inputs_are_fused_in_float32(dtype):
    query, key, value, scale, alpha = example()
    query, key, value = (t.to(dtype) for t in (query, key, value))
    expected = fusion_map(query, key, scale, alpha).to(dtype) @ value
    found = fused_attention(query, key, value, token_layout(scale), alpha)
    assert found.dtype == dtype
    torch.testing.assert_close(found, expected, rtol=0, atol=4e-3)


def test_rows_of_the_fused_map_sum_to_one():
    query, key, _, scale, alpha = example()
    torch.testing.assert_close(fusion_map(query, key, scale, alpha).sum(-1), torch.ones(2, 3, 30))


def test_alpha_zero_is_plain_attention():
    query, key, value, scale, _ = example()
    found = fused_attention(query, key, value, token_layout(scale), torch.zeros(2))
    plain = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(found, plain)


def test_a_class_without_area_gets_nothing_in_the_layout_branch():
    query, key, _, scale, _ = example()
    fused = fusion_map(query, key, scale, torch.ones(2))
    assert (fused[:, 0][scale == 0] == 0).all()


def test_a_cell_of_no_prompted_class_attends_to_free_tokens_only():
    query, key, _, scale, _ = example()
    scale[:, 4, :-1] = 0
    fused = fusion_map(query, key, scale, torch.ones(2))
    assert (fused[:, :, 4, -1] == 1).all()


def test_a_negative_score_is_pulled_towards_zero():
    query, key = -torch.ones(1, 1, 1, 4), torch.ones(1, 1, 2, 4)
    scale = torch.tensor([[[0.5, 1.0]]])
    fused = fusion_map(query, key, scale, torch.ones(1))[0, 0, 0]
    # Scores are −2; the half-covered one becomes −1 and gains.
    torch.testing.assert_close(fused, torch.tensor([-1.0, -2.0]).softmax(0))


def test_tokens_take_the_fraction_of_their_class_and_free_ones_take_one():
    fractions = torch.tensor([[[0.25]], [[0.75]]])
    tokens = torch.tensor([FREE, 7, 3, 3, 99, FREE])
    scale = spread_over_tokens(fractions, torch.tensor([3, 7]), tokens)
    assert scale.tolist() == [[1.0, 0.75, 0.25, 0.25, 1.0, 1.0]]


def test_without_any_class_all_tokens_are_free():
    scale = spread_over_tokens(torch.zeros(0, 2, 2), torch.tensor([]), torch.tensor([FREE, 5]))
    assert scale.tolist() == [[1.0, 1.0]] * 4


def test_only_classes_with_words_and_pixels_are_bound():
    labels = torch.tensor([[-1, 4], [4, 9]], dtype=torch.int16)
    assert bound_class_ids(torch.tensor([FREE, 4, 30]), labels) == [4]


def test_repeated_and_appended_text_keeps_its_binding():
    labels = torch.tensor([[[0, 1], [1, 1]]], dtype=torch.int16)
    layout = BoundLayout(labels, torch.tensor([FREE, 0]))
    quarter, one = 0.25, 1.0
    repeated = layout.token_scale(0, (1, 1), FULL, own=2, total=4)
    assert repeated.tolist() == [[one, quarter, one, quarter]]
    appended = layout.token_scale(0, (1, 1), FULL, own=4, total=4)
    assert appended.tolist() == [[one, quarter, one, one]]
    shortened = layout.token_scale(0, (1, 1), FULL, own=1, total=1)
    assert shortened.tolist() == [[one]]
