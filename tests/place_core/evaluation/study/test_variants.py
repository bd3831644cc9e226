"""The networks of the rows: what is trained, and with which losses."""

from __future__ import annotations

import itertools

import pytest
import torch

from place_core.checkpoint.files import read_tensors
from place_core.demo.base import EncodedScenes
from place_core.evaluation.controls import hard_scales
from place_core.evaluation.study.context import Scale, Study
from place_core.evaluation.study.finetune import (
    Draw,
    fine_tune,
    fine_tuned_file,
    step_loss,
)
from place_core.evaluation.study.pairs import EncodedPairs, captioned_scenes, encode_pairs
from place_core.evaluation.study.variants import ABLATION, GENTLE, LORA, WHOLE, new_network
from place_core.training.model import PlaceUNet

BY_NUMBER = dict(enumerate(ABLATION, start=1))
BY_NAME = {variant.name: variant for variant in GENTLE}


@pytest.fixture
def data(shared: Study) -> tuple[EncodedPairs, EncodedScenes]:
    return encode_pairs(shared), captioned_scenes(shared)


def test_rows_are_those_of_the_paper():
    parts = [
        (v.scales_of is not hard_scales, v.adaptive, v.alignment > 0, v.preservation)
        for v in ABLATION
    ]
    no, yes = False, True
    assert parts == [
        (no, no, no, no),
        (yes, no, no, no),
        (no, yes, no, no),
        (no, no, yes, no),
        (yes, yes, no, no),
        (yes, yes, yes, no),
        (yes, yes, no, yes),
        (yes, yes, yes, yes),
    ]
    assert WHOLE is BY_NUMBER[8]
    names = [v.name for v in (*ABLATION, *GENTLE, LORA)]
    assert len(set(names)) == len(names)


def test_without_adaptive_fusion_alpha_is_one(shared):
    timesteps = torch.tensor([999, 0])
    fixed = new_network(shared.base.unet, BY_NUMBER[2], 0)
    assert torch.equal(fixed.alpha(timesteps), torch.ones(len(fixed.heads.layers), 2))
    adaptive = new_network(shared.base.unet, BY_NUMBER[5], 0)
    assert torch.equal(adaptive.alpha(timesteps), torch.full_like(adaptive.alpha(timesteps), 0.5))


def test_a_network_is_a_copy_of_the_base(shared):
    network = new_network(shared.base.unet, WHOLE, 0)
    with torch.no_grad():
        network.unet.conv_in.weight.zero_()
    assert shared.base.unet.conv_in.weight.abs().sum() > 0


def test_a_lora_leaves_the_weights_of_the_base_alone(shared, data):
    network = new_network(shared.base.unet, LORA, 0)
    step_loss(shared, LORA, 0, network, *data)(0).backward()
    trained = {name for name, p in network.named_parameters() if p.grad is not None}
    assert {"heads.weight", "heads.bias"} < trained
    assert all("lora_" in name for name in trained if not name.startswith("heads."))


def test_a_lora_is_merged_when_it_is_trained(study):
    """It draws the same, without a trace of the LoRA."""
    merged = fine_tune(study, LORA, 0)
    apart = new_network(study.base.unet, LORA, 0)
    apart.load_state_dict(read_tensors(fine_tuned_file(study, LORA, 0)))
    torch.manual_seed(0)
    call = torch.randn(1, 4, 16, 16), torch.tensor([500]), torch.randn(1, 77, 64)
    with torch.no_grad():
        noise, expected, plain = (
            network(*call)[0] for network in (merged, apart, PlaceUNet(study.base.unet))
        )
    torch.testing.assert_close(noise, expected, rtol=1e-4, atol=1e-5)
    assert (noise - plain).abs().max() > 1e-4
    assert not [name for name in merged.state_dict() if "lora" in name]


def losses(shared, data, variant, step=0):
    with torch.no_grad():
        network = new_network(shared.base.unet, variant, 0)
    return step_loss(shared, variant, 0, network, *data)(step)


def test_terms_are_added_to_the_same_loss(shared, data):
    """Rows 5 to 8 see the same scenes, noise and timesteps, and begin with the same weights."""
    plain, aligned, preserved, both = (
        losses(shared, data, BY_NUMBER[n]).item() for n in (5, 6, 7, 8)
    )
    assert aligned > plain + 1e-4 and preserved > plain + 1e-4
    assert both == pytest.approx(aligned + preserved - plain, rel=1e-4)


def test_the_weight_of_the_alignment_counts(shared, data):
    plain, aligned = (losses(shared, data, BY_NUMBER[n]).item() for n in (5, 6))
    gentle = losses(shared, data, BY_NAME["6-tenth"]).item()
    assert gentle - plain == pytest.approx((aligned - plain) / 10, rel=0.05)


def test_alignment_that_moves_self_attention_only(shared, data):
    """The same loss, but the layer that it is measured in feels none of it in its fusion map."""

    def gradients(variant):
        network = new_network(shared.base.unet, variant, 0)
        loss = step_loss(shared, variant, 0, network, *data)(0)
        loss.backward()
        # Behind the last block's fusion map comes no self-attention that could hand on a gradient.
        block = network.unet.up_blocks[-1].attentions[-1].transformer_blocks[0]
        weights = (block.attn1.to_q.weight, block.attn2.to_q.weight)
        return loss.item(), *(weight.grad.clone() for weight in weights)

    plain, (loss, own, cross), (fixed_loss, fixed_own, fixed_cross) = (
        gradients(v) for v in (BY_NUMBER[5], BY_NUMBER[6], BY_NAME["6-fixed-fusion"])
    )
    assert fixed_loss == pytest.approx(loss, rel=1e-6)
    torch.testing.assert_close(fixed_cross, plain[2])
    assert not torch.allclose(cross, plain[2])
    assert not torch.allclose(fixed_own, plain[1])


def test_maps_and_alpha_change_the_loss(shared, data):
    values = [losses(shared, data, BY_NUMBER[n]).item() for n in (1, 2, 3, 5)]
    assert len(set(values)) == 4


def test_a_step_is_a_function_of_seed_and_number(data):
    def numbers(seed, step):
        draw = Draw.of(seed, step, Scale.training_batch, *data)
        return draw.pairs.tolist(), draw.timesteps.flatten().tolist(), draw.noise.sum().item()

    assert numbers(1, 5) == numbers(1, 5)
    for one, other in itertools.combinations([(1, 5), (1, 6), (2, 5), (5, 1)], 2):
        assert numbers(*one) != numbers(*other)


@pytest.mark.parametrize("variant", (*ABLATION, *GENTLE), ids=lambda v: v.name)
def test_gradients_reach_what_is_trained_under_autocast(shared, data, variant):
    """As the training loop computes the loss."""
    network = new_network(shared.base.unet, variant, 0)
    with torch.autocast("cpu", torch.bfloat16):
        loss = step_loss(shared, variant, 0, network, *data)(0)
    assert loss.dtype == torch.float32 and loss.isfinite()
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.unet.parameters())
    has_gradients = network.heads.bias.grad is not None and network.heads.bias.grad.any()
    assert has_gradients == variant.adaptive


def test_a_prompt_that_is_left_out_has_free_tokens_only(data):
    pairs, _ = data
    grids = ((16, 16), (8, 8))
    both = pairs.scales([0, 0], [True, False], BY_NUMBER[5].scales_of, grids)
    assert both[256].shape == (2, 256, 77) and both[64].shape == (2, 64, 77)
    assert (both[256][0] == 1).all() and (both[256][1] < 1).any()
