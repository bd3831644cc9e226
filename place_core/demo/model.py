"""The demo model: Stable Diffusion 1.x in small, 10.9 M weights in all: 22 MB in half precision."""

from __future__ import annotations

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel
from transformers.models.clip.modeling_clip import CLIPAttention

from ..checkpoint.model_config import VELOCITY
from ..checkpoint.prediction import set_prediction
from .scenes import RESOLUTION

LATENT_CHANNELS = 16
TEXT_WIDTH = 64


def new_autoencoder() -> AutoencoderTiny:
    """A VAE in the shape of TAESD, which ComfyUI recognizes: 2.5 M weights.

    Sixteen channels and not Stable Diffusion's four: pictures this small have more to say in each
    8×8 pixels.
    """
    return AutoencoderTiny(latent_channels=LATENT_CHANNELS)


def new_text_encoder() -> CLIPTextModel:
    """CLIP's shape on CLIP's vocabulary, 64 wide: 3.2 M weights, nearly all of them words.

    Its attention adds nothing and never learns: each token stands for itself. Otherwise the tokens
    behind the words come to say what the whole sentence says, a base this small reads little but
    these, and a layout, which weighs the words alone, changes nothing.
    """
    encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49408,
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=1,
            num_attention_heads=4,
        )
    )
    for module in encoder.modules():
        if isinstance(module, CLIPAttention):
            module.requires_grad_(False)
            torch.nn.init.zeros_(module.out_proj.weight)
            torch.nn.init.zeros_(module.out_proj.bias)
    return encoder


def new_unet() -> UNet2DConditionModel:
    """5.2 M weights; cross-attention at 16×16 and 8×8 tokens for 128×128 pixels.

    Unlike Stable Diffusion 1.x it predicts the velocity. With the noise, weighted as much, its loss
    is at 6 at the first timesteps after as many steps as take this one to 0.5: in latents so small
    a group norm knows the strength of its input to some percent only, and so the noise.
    """
    unet = UNet2DConditionModel(
        sample_size=RESOLUTION // 8,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(128, 96),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
    )
    set_prediction(unet, VELOCITY)
    return unet


def as_tensor(pictures: list[np.ndarray]) -> Tensor:
    """uint8 ``[H, W, 3]`` each → ``[B, 3, H, W]`` in −1..1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
