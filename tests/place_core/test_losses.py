"""Eq. 5–8: the training losses."""

from __future__ import annotations

import pytest
import torch

from place_core import losses
from place_core.fusion import fusion_map
from place_core.losses import (
    denoising_loss,
    semantic_alignment,
    semantic_alignment_of_maps,
    total_loss,
)

BATCH, HEADS, SIDE, DEPTH, TEXT = 2, 3, 4, 5, 7
TOKENS = SIDE * SIDE


@pytest.fixture
def draw():
    torch.manual_seed(0)
    return {
        "query": torch.randn(BATCH, HEADS, TOKENS, DEPTH, dtype=torch.float64),
        "key": torch.randn(BATCH, HEADS, TOKENS, DEPTH, dtype=torch.float64),
        "fusion": torch.randn(BATCH, TOKENS, TEXT, dtype=torch.float64).softmax(-1),
    }


def halves() -> torch.Tensor:
    """F of two regions that look at one word each: ``[1, 16, 2]``."""
    return torch.eye(2, dtype=torch.float64)[torch.arange(TOKENS) // (TOKENS // 2)][None]


def test_attention_inside_of_the_regions_costs_nothing():
    region = torch.arange(TOKENS) // (TOKENS // 2)
    inside = (region[:, None] == region).double()
    attention = (inside / inside.sum(-1, keepdim=True))[None]
    assert semantic_alignment_of_maps(attention, halves()).item() == 0


def test_regions_of_unequal_size_cost_nothing_either():
    region = torch.tensor([0] * 3 + [1] * 12 + [2])
    inside = (region[:, None] == region).double()
    attention = (inside / inside.sum(-1, keepdim=True))[None]
    fusion = torch.tensor([[0.2, 0.8], [1.0, 0.0], [0.5, 0.5]], dtype=torch.float64)[region][None]
    assert semantic_alignment_of_maps(attention, fusion).item() == pytest.approx(0, abs=1e-30)


def test_uniform_attention_costs_the_variance_of_the_fusion_map():
    # W is ½, ½ everywhere; F is 1, 0 or 0, 1: the distance is ¼ + ¼ for each token.
    uniform = torch.full((1, TOKENS, TOKENS), 1 / TOKENS, dtype=torch.float64)
    assert semantic_alignment_of_maps(uniform, halves()).item() == pytest.approx(0.5)


def test_attention_to_the_other_region_costs_most():
    # W is 0, 1 where F is 1, 0: the distance is 1 + 1.
    region = torch.arange(TOKENS) // (TOKENS // 2)
    across = (region[:, None] != region).double()
    attention = (across / across.sum(-1, keepdim=True))[None]
    assert semantic_alignment_of_maps(attention, halves()).item() == pytest.approx(2)


def test_w_sums_over_the_queries_as_in_the_paper():
    # One query attends to token 0 only: token 0 then carries that query's words, and loses none.
    attention = torch.eye(TOKENS, dtype=torch.float64)[None].clone()
    attention[0, -1] = torch.eye(TOKENS, dtype=torch.float64)[0]
    # W[0] = F[0] + F[15] = (1, 1), W[15] = 0: distances 1 and 1, over 16 tokens.
    assert semantic_alignment_of_maps(attention, halves()).item() == pytest.approx(2 / 16)


@pytest.mark.parametrize("piece", [1, 100, 1 << 30])
def test_pieces_give_the_loss_and_the_gradients_of_the_equation_as_written(
    draw, piece, monkeypatch
):
    monkeypatch.setattr(losses, "_PIECE_ON_CPU", piece)
    leaves = [tensor.requires_grad_() for tensor in draw.values()]
    attention = (draw["query"] @ draw["key"].mT / DEPTH**0.5).softmax(-1).mean(1)
    written = semantic_alignment_of_maps(attention, draw["fusion"])
    in_pieces = semantic_alignment(**draw)
    torch.testing.assert_close(in_pieces, written)
    weights = torch.tensor([1.0, 3.0], dtype=torch.float64)
    expected = torch.autograd.grad((written * weights).sum(), leaves)
    actual = torch.autograd.grad((in_pieces * weights).sum(), leaves)
    torch.testing.assert_close(actual, expected)


def test_gradients_are_right_numerically(draw, monkeypatch):
    monkeypatch.setattr(losses, "_PIECE_ON_CPU", 300)
    leaves = tuple(tensor[:1, ..., :6, :].clone().requires_grad_() for tensor in draw.values())
    assert torch.autograd.gradcheck(semantic_alignment, leaves)


def test_gradients_reach_both_attentions_and_alpha(draw):
    query = torch.randn(BATCH, HEADS, TOKENS, DEPTH).requires_grad_()
    key = torch.randn(BATCH, HEADS, TEXT, DEPTH).requires_grad_()
    alpha = torch.tensor([0.3, 0.6]).requires_grad_()
    scale = torch.rand(BATCH, TOKENS, TEXT)
    scale[..., 0] = 1
    own = [draw["query"].float().requires_grad_(), draw["key"].float().requires_grad_()]
    semantic_alignment(*own, fusion_map(query, key, scale, alpha).mean(1)).sum().backward()
    for leaf in (*own, query, key, alpha):
        assert leaf.grad.abs().min() > 0


def test_loss_does_not_depend_on_the_resolution(draw):
    def finer(tokens: torch.Tensor) -> torch.Tensor:
        """Each token of the 4×4 grid as 2×2 equal tokens."""
        grid = tokens.unflatten(-2, (SIDE, SIDE))
        return grid.repeat_interleave(2, -3).repeat_interleave(2, -2).flatten(-3, -2)

    fine = {name: finer(tensor) for name, tensor in draw.items()}
    torch.testing.assert_close(semantic_alignment(**fine), semantic_alignment(**draw))


def test_loss_does_not_depend_on_padding_that_nobody_looks_at(draw):
    longer = draw | {"fusion": torch.nn.functional.pad(draw["fusion"], (0, 70))}
    torch.testing.assert_close(semantic_alignment(**longer), semantic_alignment(**draw))


def test_no_map_of_tokens_by_tokens_is_kept_for_the_gradient(draw):
    kept = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor.numel())
        return tensor

    query, key = (torch.randn(1, 2, 256, 8).requires_grad_() for _ in range(2))
    fusion = torch.randn(1, 256, TEXT).softmax(-1).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        semantic_alignment(query, key, fusion)
    assert max(kept) < 256 * 256


def test_half_precision_maps_give_a_finite_loss_in_float32(draw):
    query, key = (draw[name].bfloat16().requires_grad_() for name in ("query", "key"))
    loss = semantic_alignment(query, key, draw["fusion"].float())
    assert loss.dtype == torch.float32
    loss.sum().backward()
    assert query.grad.isfinite().all() and key.grad.abs().sum() > 0
    torch.testing.assert_close(
        loss, semantic_alignment(**draw).float(), rtol=0.02, atol=0.0, check_dtype=False
    )


def test_denoising_loss_is_the_mean_square_in_float32():
    predicted = torch.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=torch.float16)
    loss = denoising_loss(predicted, torch.zeros(2, 2))
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx((1 + 4 + 9 + 25) / 4)


def test_denoising_loss_weighs_its_samples():
    predicted = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    loss = denoising_loss(predicted, torch.zeros(2, 2), torch.tensor([4.0, 0.5]))
    assert loss.item() == pytest.approx((4 * 2.5 + 0.5 * 17) / 2)


def test_total_is_the_weighted_sum():
    one, two, three = torch.tensor([1.0, 2.0, 3.0])
    assert total_loss(one, two, three).item() == 6
    assert total_loss(one, two, three, 0.5, 2.0).item() == 8
