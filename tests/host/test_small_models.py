"""Small models of Stable Diffusion 1.x's design in a real ComfyUI, against diffusers' own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

from in_host import conditioning, noises, predict, sample
from place_core.alpha import AlphaHeads
from place_core.checkpoint import read_metadata
from place_core.checkpoint.diffusers_model import Model, save_ldm
from place_core.checkpoint.lora import lora_state_dict
from place_core.checkpoint.model_config import EPSILON, VELOCITY, LatentColors
from place_core.checkpoint.names import cross_attention_names
from place_core.checkpoint.prediction import set_prediction
from place_core.training.model import PlaceUNet

pytestmark = pytest.mark.host

WIDTH = 64
SIDE = 8


def tiny_vae() -> AutoencoderTiny:
    return AutoencoderTiny(latent_channels=8, scaling_factor=1.0)


def kl_vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(32, 64, 96),
        layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        norm_num_groups=16,
        scaling_factor=0.7,
    )


SIZES = {
    "taesd": ((32, 64), tiny_vae),
    "kl": ((48, 80), kl_vae),
}
"""Channels of the UNet, not multiples of the first in one, and the VAE."""


def small_model(channels: tuple[int, int], vae: Any) -> Model:
    torch.manual_seed(0)
    vae = vae().eval()
    unet = UNet2DConditionModel(
        sample_size=SIDE,
        in_channels=vae.config.latent_channels,
        out_channels=vae.config.latent_channels,
        block_out_channels=channels,
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49408,
            hidden_size=WIDTH,
            intermediate_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
        )
    )
    layers = tuple(cross_attention_names(unet.state_dict()))
    width = unet.time_embedding.linear_2.out_features
    heads = AlphaHeads(layers, torch.randn(len(layers), width), torch.randn(len(layers)))
    channels = range(vae.config.latent_channels)
    colors = LatentColors(tuple((0.1 * c, 0.2, -0.1) for c in channels), (0.1, 0.2, 0.3))
    return Model(unet.eval(), vae, text_encoder.eval(), heads, latent_colors=colors)


@dataclass
class Small:
    """A small model of diffusers', and what Load PLACE Model makes of its file."""

    source: Model
    path: Path
    model: Any
    clip: Any
    vae: Any
    heads: Any

    def noise(self, height: int = SIDE, width: int = SIDE) -> torch.Tensor:
        """``[1, C, h, w]`` with the channels of this model's latents."""
        return torch.randn(1, self.source.vae.config.latent_channels, height, width)


@pytest.fixture(scope="module", params=list(SIZES))
def small(host, request) -> Small:
    from place_pack.nodes.loaders import PLACEModelLoader

    source = small_model(*SIZES[request.param])
    path = host.base / "models" / "place" / f"small_{request.param}.safetensors"
    save_ldm(source, path, {})
    return Small(source, path, *PLACEModelLoader.execute(path.name).args)


def picture() -> torch.Tensor:
    """``[1, 32, 48, 3]`` in 0..1."""
    return torch.rand(1, 32, 48, 3, generator=torch.Generator().manual_seed(1))


def test_its_unet_predicts_what_diffusers_predicts(small):
    from place_pack.nodes.apply import PLACEApply

    (model,) = PLACEApply.execute(small.model, "learned", 1.0, 0.0, 1.0).args
    unet = PlaceUNet(small.source.unet, small.source.heads)
    found, expected = noises(model, unet, WIDTH, 1e-3)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_a_model_that_predicts_the_velocity_denoises_as_in_training(host):
    from place_pack.nodes.loaders import PLACEModelLoader

    source = small_model(*SIZES["taesd"])
    set_prediction(source.unet, VELOCITY)
    path = host.base / "models" / "place" / "small_velocity.safetensors"
    save_ldm(source, path, {})
    model = PLACEModelLoader.execute(path.name).args[0]
    sigma = model.get_model_object("model_sampling").sigma(torch.tensor([700.0]))
    x, context = sigma * torch.randn(1, 8, SIDE, SIDE), torch.randn(1, 77, WIDTH)
    denoised = model.model.apply_model(x, sigma, c_crossattn=context)
    unet = PlaceUNet(source.unet, source.heads)
    with torch.no_grad():
        noise, _ = unet(x / (sigma**2 + 1).sqrt(), torch.tensor([700]), context)
    torch.testing.assert_close(denoised, x - sigma * noise, atol=1e-3, rtol=1e-3)
    set_prediction(source.unet, EPSILON)
    with torch.no_grad():
        other, _ = unet(x / (sigma**2 + 1).sqrt(), torch.tensor([700]), context)
    assert (other - noise).abs().max() > 0.1


def test_its_heads_are_those_of_the_file(small):
    assert torch.equal(small.heads.weight, small.source.heads.weight)


def test_its_text_encoder_encodes_what_transformers_encodes(small):
    import nodes

    tokens = [token for token, _ in small.clip.tokenize("a boat on the sea")["l"][0]]
    ((context, _),) = nodes.CLIPTextEncode().encode(small.clip, "a boat on the sea")[0]
    expected = small.source.text_encoder(torch.tensor([tokens])).last_hidden_state
    assert expected.shape == (1, 77, WIDTH)
    torch.testing.assert_close(context, expected, atol=1e-4, rtol=1e-4)


def test_an_embedding_of_its_width_is_a_word_of_its_prompts(host, small):
    embedding = torch.randn(1, WIDTH)
    save_file({"emb_params": embedding}, host.base / "models/embeddings/tiny.safetensors")
    (chunk,) = small.clip.tokenize("a embedding:tiny house")["l"]
    assert any(torch.equal(word[0], embedding[0]) for word in chunk if torch.is_tensor(word[0]))
    assert small.clip.encode_from_tokens(small.clip.tokenize("embedding:tiny")).shape[-1] == WIDTH


def test_its_vae_decodes_what_diffusers_decodes(small):
    latents = small.noise(4, 6)
    scale = small.source.vae.config.scaling_factor
    expected = small.source.vae.decode(latents / scale).sample
    expected = (expected / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)
    found = small.vae.decode(small.model.model.process_latent_out(latents))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_its_vae_encodes_what_diffusers_encodes(small):
    vae = small.source.vae
    encoded = vae.encode(picture().permute(0, 3, 1, 2) * 2 - 1)
    tiny = isinstance(vae, AutoencoderTiny)
    expected = encoded.latents if tiny else encoded.latent_dist.mean
    found = small.model.model.process_latent_in(small.vae.encode(picture()))
    torch.testing.assert_close(found, expected * vae.config.scaling_factor, atol=1e-4, rtol=1e-4)


def test_the_trainer_sees_the_latents_and_pictures_that_comfyui_sees(small):
    from place_core.training.diffusion import decode_latents, encode_images, shapes_of

    shapes = shapes_of(small.source.unet, small.source.vae, (48, 32))
    images = picture().permute(0, 3, 1, 2) * 2 - 1
    # The middle of the posterior, as ComfyUI takes it.
    latents = encode_images(small.source.vae, images, torch.zeros(1, *shapes.latent))
    found = small.model.model.process_latent_in(small.vae.encode(picture()))
    torch.testing.assert_close(found, latents, atol=1e-4, rtol=1e-4)
    decoded = small.vae.decode(small.model.model.process_latent_out(latents))
    expected = decode_latents(small.source.vae, latents)
    torch.testing.assert_close(decoded, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("sampler", ["plms", "euler"])
def test_previews_have_the_colors_that_the_file_tells(small, monkeypatch, sampler):
    import comfy.utils
    from comfy.cli_args import LatentPreviewMethod, args
    from place_pack.nodes.sampling import PLACEKSampler

    shown = []
    monkeypatch.setattr(args, "preview_method", LatentPreviewMethod.Auto)
    monkeypatch.setattr(
        comfy.utils, "PROGRESS_BAR_HOOK", lambda *bar, **_: shown.append((*bar[:2], bar[2]))
    )
    words = [[torch.randn(1, 77, WIDTH), {}]]
    latent = {"samples": torch.zeros_like(small.noise())}
    PLACEKSampler.execute(small.model, words, words, latent, 1, 3, sampler_name=sampler)
    assert [step for step, _, _ in shown] == [1, 2, 3]
    pictures = [preview[1] for _, _, preview in shown]
    assert all(picture.size == (SIDE, SIDE) for picture in pictures)
    # Green and blue: 0.2 and −0.1 times the sum of all channels.
    last = torch.from_numpy(np.array(pictures[-1])) / 127.5 - 1
    green, blue = last[..., 1], last[..., 2]
    inside = (green.abs() < 0.99) & (blue.abs() < 0.99)
    assert inside.any()
    torch.testing.assert_close((green[inside] - 0.2) / 2, 0.3 - blue[inside], atol=0.02, rtol=0)


def test_a_lora_applies(host, small):
    import nodes

    modules = ["mid_block.attentions.0.transformer_blocks.0.attn1.to_q"]
    modules += [f"down_blocks.{i}.resnets.0.conv1" for i in (0, 1)]
    modules.append("up_blocks.1.attentions.1.transformer_blocks.0.attn2.to_out.0")
    named = dict(small.source.unet.named_modules())
    factors = {}
    for name in modules:
        weight = named[name].weight
        down, up = torch.randn(2, *weight.shape[1:]), torch.randn(len(weight), 2)
        up = up[..., None, None] if weight.ndim == 4 else up
        factors[name] = (down, up, 2.0)
    folder = host.base / "models" / "loras"
    folder.mkdir(exist_ok=True)
    save_file(lora_state_dict(factors), folder / f"{small.path.stem}_lora.safetensors")
    (tuned,) = nodes.LoraLoaderModelOnly().load_lora_model_only(
        small.model, f"{small.path.stem}_lora.safetensors", 1.0
    )
    assert len(tuned.patches) == len(modules)
    context = torch.randn(1, 77, WIDTH)
    arguments = conditioning(context), conditioning(context), small.noise(), 500
    plain, changed = predict(small.model, *arguments), predict(tuned, *arguments)
    assert (plain.outputs[0] - changed.outputs[0]).abs().max() > 1e-3


def test_it_samples(small):
    context = torch.randn(1, 77, WIDTH)
    noise = small.noise()
    latents = sample(
        small.model, conditioning(context), conditioning(0 * context), noise, sampler="euler"
    )
    assert latents.shape == noise.shape and latents.isfinite().all()
    factor = small.vae.downscale_ratio
    assert small.vae.decode(latents).shape == (1, factor * SIDE, factor * SIDE, 3)


def test_an_empty_latent_of_comfyui_becomes_one_of_its_own(small):
    from place_pack.nodes.sampling import PLACEKSampler

    import nodes

    (empty,) = nodes.EmptyLatentImage().generate(64, 64)
    context = conditioning(torch.randn(1, 77, WIDTH))
    (latent,) = PLACEKSampler.execute(small.model, context, context, empty, 0, steps=2).args
    assert latent["samples"].shape == small.noise().shape


def test_it_samples_with_words_for_each_region(host, small):
    from place_pack.nodes.apply import PLACEApply
    from place_pack.nodes.prompt import PLACEPromptEncoder
    from place_pack.place_core.layout import Layout, LayoutClass

    labels = torch.zeros(1, 64, 64, dtype=torch.int16)
    labels[:, 32:] = 1
    table = (LayoutClass(0, "sky", "sky", (0, 0, 0)), LayoutClass(1, "sea", "sea", (1, 1, 1)))
    positive, _ = PLACEPromptEncoder.execute(small.clip, Layout(labels, table), "sea = rough").args
    (model,) = PLACEApply.execute(small.model, "learned", 1.0, 0.0, 1.0).args
    noise = small.noise()
    negative = conditioning(torch.zeros(1, 77, WIDTH))
    found = sample(model, positive, negative, noise, sampler="euler")
    plain = sample(small.model, positive, negative, noise, sampler="euler")
    assert found.isfinite().all()
    assert not torch.equal(found, plain)


def test_a_file_in_half_precision_loads(host, small):
    from place_pack.nodes.loaders import PLACEModelLoader

    path = small.path.with_name(f"{small.path.stem}_half.safetensors")
    save_ldm(small.source, path, {}, torch.float16)
    _, _, vae, heads = PLACEModelLoader.execute(path.name).args
    assert torch.equal(heads.weight, small.heads.weight)
    assert (vae.encode(picture()) - small.vae.encode(picture())).abs().max() < 0.05


# --- Bundled models -----------------------------------------------------------------------------


@pytest.fixture
def bundled(host, small, tmp_path, monkeypatch):
    from place_pack.nodes.host import loading

    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "demo.safetensors").symlink_to(small.path)
    (tmp_path / "outside.safetensors").symlink_to(small.path)
    monkeypatch.setattr(loading, "BUNDLED_FOLDER", folder)
    return loading


def test_bundled_models_are_listed_and_load(bundled, small):
    from place_pack.nodes.loaders import PLACEModelLoader

    assert bundled.checkpoint_names()[-1] == "bundled: demo.safetensors"
    heads = PLACEModelLoader.execute("bundled: demo.safetensors").args[3]
    assert torch.equal(heads.weight, small.heads.weight)


def test_nothing_is_bundled_where_the_folder_is_missing(bundled, tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "BUNDLED_FOLDER", tmp_path / "gone")
    assert not any(name.startswith("bundled") for name in bundled.checkpoint_names())


@pytest.mark.parametrize(
    "name", ["../outside.safetensors", "/etc/passwd", "", "..", "demo", "./demo.safetensors"]
)
def test_a_name_does_not_leave_the_folder_of_bundled_models(bundled, name):
    with pytest.raises(FileNotFoundError, match="not bundled"):
        bundled.checkpoint_path(f"bundled: {name}")


# --- What is refused ----------------------------------------------------------------------------


def rewritten(host, small: Small, name: str, change) -> str:
    """A file with other tensors or another description; its name."""
    tensors, content = load_file(small.path), json.loads(read_metadata(small.path)["place_model"])
    change(tensors, content)
    save_file(
        tensors, small.path.with_name(f"{name}.safetensors"), {"place_model": json.dumps(content)}
    )
    return f"{name}.safetensors"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "cut",
            lambda tensors, _: tensors.pop("model.diffusion_model.out.2.weight"),
            r"cut\.safetensors lacks the weight model\.diffusion_model\.out\.2\.weight",
        ),
        (
            "odd",
            lambda tensors, _: tensors.update({"model.diffusion_model.out.2.bias": torch.ones(3)}),
            r"odd\.safetensors: the weight .*out\.2\.bias is \[3\], .* asks for \[[48]\]",
        ),
        (
            "huge",
            lambda _, content: content["unet"].update(channels=[8192, 8192]),
            r"huge\.safetensors: the weight .* asks for \[32768, 8192\]",
        ),
        (
            "words",
            lambda _, content: content["text_encoder"].update(vocabulary=100),
            r"words\.safetensors: its text encoder reads 77 tokens out of 100",
        ),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(host, small, name, change, message):
    from place_pack.nodes.loaders import PLACEModelLoader

    file = rewritten(host, small, f"{small.path.stem}_{name}", change)
    with pytest.raises(ValueError, match=message):
        PLACEModelLoader.execute(file)


def test_a_damaged_file_is_refused(small):
    from place_pack.nodes.loaders import PLACEModelLoader

    half = small.path.with_name(f"{small.path.stem}_damaged.safetensors")
    half.write_bytes(small.path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=rf"{half.name} .* is damaged"):
        PLACEModelLoader.execute(half.name)
