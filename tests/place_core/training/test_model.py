"""The network that is trained: diffusers' UNet with Eq. 4 and 5 in its attention layers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor2_0

from in_server import required_path
from place_core.bound_layout import BoundLayout
from place_core.checkpoint.diffusers_model import load_model
from place_core.checkpoint.model_config import VELOCITY
from place_core.fusion import fusion_map
from place_core.lcm import FULL
from place_core.losses import semantic_alignment_of_maps
from place_core.training.diffusion import noise_schedule
from place_core.training.model import PlaceUNet
from small_training import small_model

BATCH, SIDE, TOKENS = 2, 8, 77


@pytest.fixture
def small():
    return PlaceUNet(small_model().unet)


@pytest.fixture
def call():
    torch.manual_seed(1)
    scale = torch.rand(BATCH, SIDE * SIDE, TOKENS)
    scale[..., 3] = scale[..., 3].round()
    scale[..., 5:] = 1
    coarse = torch.rand(BATCH, SIDE * SIDE // 4, TOKENS)
    coarse[..., 5:] = 1
    return {
        "latents": torch.randn(BATCH, 4, SIDE, SIDE),
        "timesteps": torch.tensor([900, 20]),
        "context": torch.randn(BATCH, TOKENS, 64),
        "layout": {SIDE * SIDE: scale, SIDE * SIDE // 4: coarse},
    }


class Knows(torch.nn.Module):
    """In a UNet's place: knows the right answer."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, *arguments, **more):
        return SimpleNamespace(sample=self.answer)


def test_the_noise_of_a_unet_that_predicts_the_velocity(small):
    schedule, timesteps = noise_schedule(), torch.tensor([0, 500, 999])
    latents, noise = torch.randn(2, 3, 4, SIDE, SIDE)
    noisy = schedule.add_noise(latents, noise, timesteps)
    right = Knows(schedule.get_velocity(latents, noise, timesteps))
    right.config = {"prediction_type": VELOCITY}
    small.unet = right
    found, _ = small(noisy, timesteps, torch.randn(3, TOKENS, 64))
    torch.testing.assert_close(found, noise)


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("name", ["blobs6", "void"])
def test_noise_and_alpha_are_those_of_the_authors(golden, name, gradients):
    """Both ways through the layers: the fast one of sampling, the one of training."""
    model = load_model(required_path("PLACE_SEEDED_CHECKPOINT"))
    unet = PlaceUNet(model.unet, model.heads)
    expected = golden.tensors(f"unet_small_{name}")
    key = f"public/unet_small/{name}"
    latents = golden.randn(f"{key}/x", (1, 4, 64, 64)).expand(2, -1, -1, -1)
    context = golden.randn(f"{key}/context", (2, 77, 768))
    bound = BoundLayout(
        golden.label_map(name)[None], golden.token_class_ids(expected["tokens_cls"][0])
    )
    scales = {g * g: bound.token_scale(0, (g, g), FULL, 77, 77) for g in (64, 32)}
    layout = {n: torch.stack([s, torch.ones_like(s)]) for n, s in scales.items()}
    for i, timestep in enumerate(expected["timesteps"].tolist()):
        with torch.set_grad_enabled(gradients):
            noise, _ = unet(latents, torch.tensor([timestep] * 2), context, layout)
            alpha = unet.alpha(torch.tensor([timestep]))[:, 0]
        eps = noise[..., ::2, ::2].detach()
        assert (eps - expected["eps"][i]).norm() / expected["eps"][i].norm() < 5e-5
        order = [
            unet.heads.layers.index(n) for n in golden.metadata(f"unet_small_{name}")["layers"]
        ]
        torch.testing.assert_close(alpha[order].detach(), expected["alpha"][i], rtol=0, atol=2e-6)


def test_without_a_layout_it_is_the_plain_unet(small, call):
    with torch.no_grad():
        noise, alignment = small(call["latents"], call["timesteps"], call["context"])
        small.unet.set_attn_processor(AttnProcessor2_0())
        plain = small.unet(call["latents"], call["timesteps"], call["context"]).sample
    torch.testing.assert_close(noise, plain, rtol=1e-5, atol=1e-6)
    assert alignment is None


def test_alpha_zero_equals_no_layout(small, call):
    with torch.no_grad():
        small.heads.bias.fill_(-200.0)
        with_layout, _ = small(**call)
        without, _ = small(call["latents"], call["timesteps"], call["context"])
    torch.testing.assert_close(with_layout, without, rtol=1e-5, atol=1e-6)


def test_new_heads_begin_at_one_half(small):
    alpha = small.alpha(torch.tensor([0, 500, 999]))
    assert alpha.shape == (4, 3)
    assert (alpha == 0.5).all()


def test_alignment_is_the_mean_of_equation_5_over_the_blocks(small, call):
    """Against the equation as written, from the layers' own inputs."""
    with torch.no_grad():
        # Sharper attention, so that the loss is not close to 0.
        for name, module in small.unet.named_modules():
            if name.endswith(("to_q", "to_k")):
                module.weight.mul_(8)
    seen = {}

    def keep(name):
        return lambda module, inputs, output: seen.__setitem__(name, output)

    for name, module in small.unet.named_modules():
        if name.endswith(("to_q", "to_k")):
            module.register_forward_hook(keep(name))
    _, alignment = small(**call, align=True)
    alpha = small.alpha(call["timesteps"])
    expected = []
    blocks = ["down_blocks.0", "mid_block", "up_blocks.1", "up_blocks.1"]
    for layer, (block, index) in enumerate(zip(blocks, (0, 0, 0, 1), strict=True)):
        path = f"{block}.attentions.{index}.transformer_blocks.0"
        q1, k1, q2, k2 = (
            seen[f"{path}.{part}"].unflatten(-1, (8, -1)).transpose(1, 2)
            for part in ("attn1.to_q", "attn1.to_k", "attn2.to_q", "attn2.to_k")
        )
        attention = (q1 @ k1.mT / q1.shape[-1] ** 0.5).softmax(-1).mean(1)
        fusion = fusion_map(q2, k2, call["layout"][q2.shape[2]], alpha[layer]).mean(1)
        expected.append(semantic_alignment_of_maps(attention, fusion).mean())
    torch.testing.assert_close(alignment, torch.stack(expected).mean(), rtol=1e-4, atol=1e-7)
    assert alignment > 1e-3


def test_gradient_checkpointing_keeps_the_alignment_and_its_gradients(small, call):
    def gradients():
        small.zero_grad()
        noise, alignment = small(**call, align=True)
        (noise.square().mean() + 100 * alignment).backward()
        return {name: p.grad.clone() for name, p in small.named_parameters()}

    plain = gradients()
    small.train()
    small.unet.enable_gradient_checkpointing()
    saving = gradients()
    for name in plain:
        torch.testing.assert_close(saving[name], plain[name], rtol=1e-4, atol=1e-6)


def test_the_alignment_alone_trains_both_attentions_and_the_heads(small, call):
    small(**call, align=True)[1].backward()
    trained = {name for name, p in small.named_parameters() if p.grad is not None and p.grad.any()}
    block = "unet.down_blocks.0.attentions.0.transformer_blocks.0"
    for layer in ("attn1", "attn2"):
        for part in ("to_q", "to_k"):
            assert f"{block}.{layer}.{part}.weight" in trained
    assert {"heads.weight", "heads.bias"} <= trained


def test_half_precision_around_it_leaves_alpha_and_scores_in_float32(small, call):
    with torch.autocast("cpu", torch.bfloat16):
        noise, alignment = small(**call, align=True)
    exact, exact_alignment = small(**call, align=True)
    assert alignment.dtype == torch.float32
    torch.testing.assert_close(noise.float(), exact, rtol=0.05, atol=0.05)
    torch.testing.assert_close(alignment, exact_alignment, rtol=0.1, atol=1e-5)


def test_heads_of_another_unet_are_refused(small):
    heads = small.heads.values()
    other = PlaceUNet(small_model().unet, heads)
    torch.testing.assert_close(other.heads.weight.detach(), heads.weight)
    with pytest.raises(ValueError, match="4 layers"):
        PlaceUNet(
            small_model().unet,
            type(heads)(heads.layers[:3], heads.weight[:3], heads.bias[:3]),
        )
