"""The configuration of a model that is there as diffusers' classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextModel

from .files import CheckpointError
from .model_config import (
    KLVAEConfig,
    ModelConfig,
    TextConfig,
    TinyVAEConfig,
    UNetConfig,
)
from .prediction import prediction_of

AnyVAE = AutoencoderKL | AutoencoderTiny

# What the design fixes, beside what names and shapes of tensors tell.
_UNET = {
    "use_linear_projection": False,
    "addition_embed_type": None,
    "class_embed_type": None,
    "center_input_sample": False,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "act_fn": "silu",
    "norm_eps": 1e-5,
    "resnet_time_scale_shift": "default",
    "only_cross_attention": False,
    "downsample_padding": 1,
    "mid_block_scale_factor": 1,
}
_TEXT_ENCODER = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
_KL_VAE = {"in_channels": 3, "out_channels": 3, "act_fn": "silu"}
_TINY_VAE = {
    "in_channels": 3,
    "out_channels": 3,
    "encoder_block_out_channels": (64, 64, 64, 64),
    "decoder_block_out_channels": (64, 64, 64, 64),
    "num_encoder_blocks": (1, 3, 3, 3),
    "num_decoder_blocks": (3, 3, 3, 1),
    "upsampling_scaling_factor": 2,
    "act_fn": "relu",
    "upsample_fn": "nearest",
    "shift_factor": 0.0,
}


def describe(unet: UNet2DConditionModel, vae: AnyVAE, text_encoder: CLIPTextModel) -> ModelConfig:
    """The configuration of these parts.

    Raises:
        CheckpointError: they are not of Stable Diffusion 1.x's design, or do not fit each other.
    """
    return ModelConfig(_unet(unet), _text_encoder(text_encoder.config), _vae(vae))


def _unet(unet: UNet2DConditionModel) -> UNetConfig:
    config = unet.config
    _check("UNet", config, _UNET)
    if (channels := config["in_channels"]) != config["out_channels"]:
        raise CheckpointError(
            f"its UNet reads {channels} channels and gives {config['out_channels']}, not as many"
        )
    # Diffusers calls the number of heads so, for the sake of old files.
    heads = config["num_attention_heads"] or config["attention_head_dim"]
    return UNetConfig(
        latent_channels=channels,
        channels=tuple(config["block_out_channels"]),
        attention=tuple("CrossAttn" in kind for kind in config["down_block_types"]),
        resnets=_one_for_all("layers_per_block", config["layers_per_block"]),
        heads=_one_for_all("attention_head_dim", heads),
        context=_one_for_all("cross_attention_dim", config["cross_attention_dim"]),
        norm_groups=config["norm_num_groups"],
        prediction=prediction_of(unet),
    )


def _text_encoder(config: Any) -> TextConfig:
    _check("text encoder", config.to_dict(), _TEXT_ENCODER)
    return TextConfig(
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        intermediate=config.intermediate_size,
        vocabulary=config.vocab_size,
        positions=config.max_position_embeddings,
    )


def _vae(vae: AnyVAE) -> TinyVAEConfig | KLVAEConfig:
    config = vae.config
    if isinstance(vae, AutoencoderTiny):
        _check("VAE", config, _TINY_VAE)
        return TinyVAEConfig(config["latent_channels"], config["scaling_factor"])
    _check("VAE", config, _KL_VAE)
    if config["shift_factor"]:
        raise CheckpointError(f"shift_factor of its VAE is {config['shift_factor']}, not 0")
    return KLVAEConfig(
        latent_channels=config["latent_channels"],
        channels=tuple(config["block_out_channels"]),
        resnets=config["layers_per_block"],
        norm_groups=config["norm_num_groups"],
        scaling_factor=config["scaling_factor"],
    )


def _check(part: str, config: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for key, value in expected.items():
        found = config[key]
        # Files hold lists where the classes have tuples.
        if (tuple(found) if isinstance(found, list) else found) != value:
            raise CheckpointError(f"{key} of its {part} is {found}, not {value}")


def _one_for_all(key: str, value: Any) -> int:
    """The number that holds on all levels."""
    if not isinstance(value, (list, tuple)):
        return value
    if len(set(value)) != 1:
        raise CheckpointError(
            f"{key} of its UNet is {list(value)}, but Stable Diffusion 1.x has one on all levels"
        )
    return value[0]
