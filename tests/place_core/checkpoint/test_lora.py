"""A LoRA as the difference of two UNets."""

from __future__ import annotations

import pytest
import torch

from place_core.checkpoint.lora import extract_lora, lora_state_dict

LINEAR = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
CONVOLUTION = "down_blocks.0.resnets.0.conv1"
FULL = 10_000


@pytest.fixture
def base(unet):
    torch.manual_seed(0)
    return unet().state_dict()


def changed(base, *modules, scale=0.01):
    return {
        name: tensor + scale * torch.randn_like(tensor)
        if name.removesuffix(".weight") in modules
        else tensor
        for name, tensor in base.items()
    }


def applied(base, lora):
    """What a loader does: the weight plus up · down · alpha / rank."""
    result = dict(base)
    for name in base:
        key = "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
        if f"{key}.alpha" in lora:
            down, up = lora[f"{key}.lora_down.weight"], lora[f"{key}.lora_up.weight"]
            scale = lora[f"{key}.alpha"] / len(down)
            result[name] = base[name] + scale * (up.flatten(1) @ down.flatten(1)).view_as(
                base[name]
            )
    return result


def test_base_and_a_lora_of_full_rank_make_the_tuned_model(base):
    weights = [name.removesuffix(".weight") for name, t in base.items() if t.ndim in (2, 4)]
    tuned = changed(base, *weights)
    lora, energy = extract_lora(base, tuned, FULL)
    for name, tensor in applied(base, lora).items():
        torch.testing.assert_close(tensor, tuned[name], rtol=1e-4, atol=1e-6)
    assert energy.total == pytest.approx(1.0, abs=1e-6)
    assert energy.least == pytest.approx(1.0, abs=1e-5)
    assert energy.not_representable == 0.0


def test_energy_falls_with_the_rank(base):
    tuned = changed(base, LINEAR, CONVOLUTION)
    totals = [extract_lora(base, tuned, rank)[1].total for rank in (32, 16, 4, 1)]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] == pytest.approx(1.0, abs=1e-6)
    assert totals[-1] < 0.5


def test_a_difference_of_rank_one_is_kept_whole_by_rank_one(base):
    tuned = dict(base)
    weight = base[f"{CONVOLUTION}.weight"]
    step = torch.randn(len(weight), 1) @ torch.randn(1, weight[0].numel())
    tuned[f"{CONVOLUTION}.weight"] = weight + 0.1 * step.view_as(weight)
    lora, energy = extract_lora(base, tuned, 1)
    assert energy.total == pytest.approx(1.0, abs=1e-6)
    key = "lora_unet_down_blocks_0_resnets_0_conv1"
    assert {name: list(tensor.shape) for name, tensor in lora.items()} == {
        f"{key}.lora_down.weight": [1, 32, 3, 3],
        f"{key}.lora_up.weight": [32, 1, 1, 1],
        f"{key}.alpha": [],
    }


def test_the_energy_is_that_of_the_error_that_is_left(base):
    tuned = changed(base, LINEAR, CONVOLUTION)
    lora, energy = extract_lora(base, tuned, 4)
    made = applied(base, lora)
    error = sum((tuned[n] - made[n]).double().square().sum() for n in base)
    whole = sum((tuned[n] - base[n]).double().square().sum() for n in base)
    assert energy.total == pytest.approx(1 - (error / whole).item(), abs=1e-5)


def test_the_layer_that_loses_most_is_named(base):
    tuned = changed(base, CONVOLUTION)
    name = f"{LINEAR}.weight"
    tuned[name] = base[name] + torch.outer(torch.randn(32), torch.randn(32))
    energy = extract_lora(base, tuned, 1)[1]
    assert energy.least_layer == CONVOLUTION
    assert energy.least < energy.total


def test_biases_and_norms_count_as_not_representable(base):
    tuned = dict(base)
    tuned["conv_in.bias"] = base["conv_in.bias"] + 1  # 32 values
    tuned["conv_norm_out.weight"] = base["conv_norm_out.weight"] + 1  # 32 values
    tuned[f"{LINEAR}.weight"] = base[f"{LINEAR}.weight"] + 0.25  # 32 · 32 / 16 = 64, rank 1
    lora, energy = extract_lora(base, tuned, 1)
    assert energy.not_representable == pytest.approx(0.5, abs=1e-4)
    assert energy.total == pytest.approx(0.5, abs=1e-4)
    assert len(lora) == 3


def test_equal_models_make_an_empty_lora_that_keeps_all(base):
    lora, energy = extract_lora(base, dict(base), 4)
    assert lora == {}
    assert (energy.total, energy.least, energy.least_layer) == (1.0, 1.0, "")


def test_the_rank_is_at_most_that_of_the_layer(base):
    lora, _ = extract_lora(base, changed(base, LINEAR), FULL)
    key = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    assert lora[f"{key}.lora_down.weight"].shape == (32, 32)
    assert lora[f"{key}.alpha"] == 32


def test_both_factors_are_of_the_same_size(base):
    lora, _ = extract_lora(base, changed(base, LINEAR), 4)
    key = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    up, down = lora[f"{key}.lora_up.weight"], lora[f"{key}.lora_down.weight"]
    assert up.norm().item() == pytest.approx(down.norm().item(), rel=1e-4)


def test_unets_of_different_sizes_are_refused(base, unet):
    with pytest.raises(ValueError, match=r"only one of the two UNets has down_blocks"):
        extract_lora(base, unet(layers=2).state_dict(), 1)
    with pytest.raises(ValueError, match=r"same size"):
        extract_lora(base, unet(channels=(32, 96)).state_dict(), 1)


@pytest.mark.parametrize("rank", [0, -1])
def test_a_rank_below_one_is_refused(base, rank):
    with pytest.raises(ValueError, match=f"at least 1, got {rank}"):
        extract_lora(base, base, rank)


def test_factors_are_named_as_loaders_read_them():
    down, up = torch.randn(2, 8), torch.randn(4, 2)
    lora = lora_state_dict(
        {"mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0": (down, up, 1.0)}
    )
    key = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_out_0"
    assert lora.keys() == {
        f"{key}.{end}" for end in ("lora_down.weight", "lora_up.weight", "alpha")
    }
    assert torch.equal(lora[f"{key}.lora_up.weight"], up)


def test_factors_that_do_not_multiply_are_refused():
    with pytest.raises(ValueError, match=r"conv_in: the factors \[2, 8\] and \[4, 3\]"):
        lora_state_dict({"conv_in": (torch.ones(2, 8), torch.ones(4, 3), 1.0)})
