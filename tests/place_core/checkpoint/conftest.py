"""Models of Stable Diffusion 1.x in small, with random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from place_core.alpha import AlphaHeads
from place_core.checkpoint.diffusers_model import Model
from place_core.checkpoint.names import cross_attention_names

CONTEXT = 32


def small_unet(
    channels: tuple[int, ...] = (32, 64),
    attention: tuple[bool, ...] = (True, False),
    layers: int = 1,
    **changes: object,
) -> UNet2DConditionModel:
    options = {
        "sample_size": 8,
        "block_out_channels": channels,
        "layers_per_block": layers,
        "down_block_types": ["CrossAttnDownBlock2D" if has else "DownBlock2D" for has in attention],
        "up_block_types": [
            "CrossAttnUpBlock2D" if has else "UpBlock2D" for has in reversed(attention)
        ],
        "cross_attention_dim": CONTEXT,
    }
    return UNet2DConditionModel(**{**options, **changes})


def small_vae(channels: tuple[int, ...] = (32, 64), **changes: object) -> AutoencoderKL:
    options = {
        "block_out_channels": channels,
        "down_block_types": ["DownEncoderBlock2D"] * len(channels),
        "up_block_types": ["UpDecoderBlock2D"] * len(channels),
        "layers_per_block": 1,
        "latent_channels": 4,
    }
    return AutoencoderKL(**{**options, **changes})


def small_text_encoder(width: int = CONTEXT) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=100,
        hidden_size=width,
        intermediate_size=2 * width,
        projection_dim=width,
        num_hidden_layers=2,
        num_attention_heads=1,
    )
    return CLIPTextModel(config)


@pytest.fixture
def unet() -> Callable[..., UNet2DConditionModel]:
    return small_unet


@pytest.fixture
def vae() -> Callable[..., AutoencoderKL]:
    return small_vae


@pytest.fixture
def text_encoder() -> Callable[..., CLIPTextModel]:
    return small_text_encoder


@pytest.fixture
def model() -> Model:
    """A whole model with heads."""
    torch.manual_seed(0)
    unet = small_unet()
    layers = tuple(cross_attention_names(unet.state_dict()))
    width = unet.time_embedding.linear_2.out_features
    heads = AlphaHeads(layers, torch.randn(len(layers), width), torch.randn(len(layers)))
    return Model(unet.eval(), small_vae().eval(), small_text_encoder().eval(), heads)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Files of this process cannot grow over 1 MB, which fails in the middle of writing."""
    resource = pytest.importorskip("resource", reason="limits of a process are of POSIX")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
