"""MODEL, CLIP and VAE of a file that describes its model itself.

The host knows a Stable Diffusion 1.x checkpoint by its sizes, so it refuses the same design in
other sizes. Here its own classes are built in the sizes that the file's description tells; what
comes out is used, patched and moved between devices like any other model.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import comfy.latent_formats
import comfy.model_base
import comfy.model_management
import comfy.model_patcher
import comfy.ops
import comfy.sd
import comfy.sd1_clip
import comfy.supported_models
import comfy.utils
import folder_paths
import torch
from comfy.supported_models_base import ClipTarget
from torch import Tensor

from ...place_core.checkpoint import (
    TEXT_PREFIX,
    UNET_PREFIX,
    VAE_PREFIX,
    CheckpointError,
    ModelConfig,
    check_tensors,
    is_head,
    read_tensors,
)
from ...place_core.checkpoint.model_config import (
    LATENT_SCALE,
    VELOCITY,
    KLVAEConfig,
    TextConfig,
    TinyVAEConfig,
    UNetConfig,
)

_NORM_GROUPS = 32  # of every norm that the host builds
_VOCABULARY = 49408  # of the stock tokenizer
_POSITIONS = 77
_END_OF_TEXT = 49407


def load_described(path: Path, config: ModelConfig) -> tuple[Any, Any, Any]:
    """MODEL, CLIP and VAE.

    Args:
        config: what the file says of its model.

    Raises:
        CheckpointError: the file is damaged, its tensors are others than it says, or ComfyUI has
            no such VAE or text encoder.
    """
    _check_host_can(config, path)
    tensors = read_tensors(path)
    check_tensors(config, tensors, path.name)
    # The host's UNet has no heads, and would warn of them.
    tensors = {name: tensor for name, tensor in tensors.items() if not is_head(name)}
    return (
        _model(_part(tensors, UNET_PREFIX), config),
        _clip(_part(tensors, TEXT_PREFIX), config.text_encoder),
        _vae(_part(tensors, VAE_PREFIX), config.vae),
    )


def _check_host_can(config: ModelConfig, path: Path) -> None:
    text, vae = config.text_encoder, config.vae
    if (text.vocabulary, text.positions) != (_VOCABULARY, _POSITIONS):
        raise CheckpointError(
            f"{path.name}: its text encoder reads {text.positions} tokens out of "
            f"{text.vocabulary}, the tokenizer of Stable Diffusion 1.x gives {_POSITIONS} out of "
            f"{_VOCABULARY}. Train the model with that tokenizer to use it in ComfyUI."
        )
    if isinstance(vae, KLVAEConfig) and any(c % _NORM_GROUPS for c in vae.channels):
        raise CheckpointError(
            f"{path.name}: its VAE has {list(vae.channels)} channels, ComfyUI builds multiples of "
            f"{_NORM_GROUPS} only. Use a VAE of such sizes."
        )


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


class _SmallModel(comfy.supported_models.SD15):
    def inpaint_model(self) -> bool:
        """No; the host takes every UNet with more than four channels for one."""
        return False

    def model_type(self, state_dict: Any, prefix: str = "") -> Any:
        """What the UNet predicts, in the host's words."""
        kinds = comfy.model_base.ModelType
        predicts_velocity = self.place_prediction == VELOCITY
        return kinds.V_PREDICTION if predicts_velocity else kinds.EPS


def _model(weights: dict[str, Tensor], config: ModelConfig) -> Any:
    """A MODEL, made as the host makes that of a checkpoint that it knows."""
    management = comfy.model_management
    described = _SmallModel(_unet_options(config.unet))
    described.unet_config["num_heads"] = config.unet.heads
    described.latent_format = _latent_format(config)
    described.place_prediction = config.unet.prediction
    supported = list(described.supported_inference_dtypes)
    device, offload_device = management.get_torch_device(), management.unet_offload_device()
    dtype = management.unet_dtype(
        model_params=comfy.utils.calculate_parameters(weights),
        supported_dtypes=supported,
        weight_dtype=comfy.utils.weight_dtype(weights),
    )
    compute_dtype = management.unet_manual_cast(dtype, device, supported)
    described.set_inference_dtype(dtype, compute_dtype)
    if config.unet.norm_groups != _NORM_GROUPS:
        host_operations = comfy.ops.pick_operations(dtype, compute_dtype)
        described.custom_operations = _with_norm_groups(host_operations, config.unet.norm_groups)
    model = described.get_model({}, device=offload_device)
    patcher = comfy.model_patcher.CoreModelPatcher(
        model, load_device=device, offload_device=offload_device
    )
    model.load_model_weights(weights, assign=patcher.is_dynamic())
    return patcher


def _latent_format(config: ModelConfig) -> Any:
    """Stable Diffusion 1's, with another scale, channels or colors where the model has them."""
    vae = config.vae
    scale = vae.scaling_factor if isinstance(vae, KLVAEConfig) else LATENT_SCALE
    latent_format = comfy.latent_formats.SD15(scale)
    if vae.latent_channels != latent_format.latent_channels:
        latent_format.latent_channels = vae.latent_channels
        # The host's previews know the colors of four channels only.
        latent_format.latent_rgb_factors = None
        latent_format.taesd_decoder_name = None
    if (colors := config.latent_colors) is not None:
        latent_format.latent_rgb_factors = [list(row) for row in colors.factors]
        latent_format.latent_rgb_factors_bias = list(colors.bias)
    return latent_format


def _unet_options(config: UNetConfig) -> dict[str, Any]:
    """The UNet in the host's terms."""
    depths = [int(has) for has in config.attention]
    return {
        "image_size": 32,
        "in_channels": config.latent_channels,
        "out_channels": config.latent_channels,
        "model_channels": config.channels[0],
        "channel_mult": _multiples(config.channels),
        "num_res_blocks": [config.resnets] * len(config.channels),
        "transformer_depth": [depth for depth in depths for _ in range(config.resnets)],
        "transformer_depth_output": [d for d in depths for _ in range(config.resnets + 1)],
        "transformer_depth_middle": 1,
        "use_spatial_transformer": True,
        "use_linear_in_transformer": False,
        "context_dim": config.context,
        "adm_in_channels": None,
        "use_temporal_attention": False,
        "legacy": False,
    }


class _Ratio(Fraction):
    """A multiple of the first level's channels that need not be whole, as 96 : 64."""

    def __mul__(self, other: int) -> int:
        # The host asks for whole channels, and multiplies for nothing else.
        return int(Fraction(self) * other)

    __rmul__ = __mul__


def _multiples(channels: tuple[int, ...]) -> list[int | _Ratio]:
    return [
        _Ratio(width, channels[0]) if width % channels[0] else width // channels[0]
        for width in channels
    ]


def _with_norm_groups(operations: Any, groups: int) -> Any:
    """The host's layers, with another number of groups in its norms than it writes there."""

    class GroupNorm(operations.GroupNorm):
        def __init__(self, num_groups: int, *args: Any, **kwargs: Any) -> None:
            super().__init__(groups, *args, **kwargs)

    return type(operations.__name__, (operations,), {"GroupNorm": GroupNorm})


def _clip(weights: dict[str, Tensor], config: TextConfig) -> Any:
    """A CLIP with the stock tokenizer."""
    options = {
        "hidden_size": config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.intermediate,
        "max_position_embeddings": config.positions,
        "hidden_act": "quick_gelu",
        "eos_token_id": _END_OF_TEXT,
    }
    encoder = partial(
        comfy.sd1_clip.SDClipModel, return_projected_pooled=False, textmodel_json_config=options
    )
    # Of this width are the embeddings that it takes from files.
    tokenizer = partial(comfy.sd1_clip.SDTokenizer, embedding_size=config.width)
    weights = {f"clip_l.transformer.{name}": tensor for name, tensor in weights.items()}
    return comfy.sd.CLIP(
        ClipTarget(
            partial(comfy.sd1_clip.SD1Tokenizer, tokenizer=tokenizer),
            partial(comfy.sd1_clip.SD1ClipModel, clip_model=encoder),
        ),
        embedding_directory=folder_paths.get_folder_paths("embeddings"),
        tokenizer_data=weights,
        parameters=comfy.utils.calculate_parameters(weights),
        state_dict=weights,
    )


def _vae(weights: dict[str, Tensor], config: TinyVAEConfig | KLVAEConfig) -> Any:
    if isinstance(config, TinyVAEConfig):
        # The host takes Stable Diffusion's factor out of all latents before it decodes them.
        scale = torch.tensor(LATENT_SCALE / config.scaling_factor)
        return comfy.sd.VAE(sd={**weights, "vae_scale": scale, "vae_shift": torch.tensor(0.0)})
    sizes = {
        "double_z": True,
        "z_channels": config.latent_channels,
        "resolution": 256,
        "in_channels": 3,
        "out_ch": 3,
        "ch": config.channels[0],
        "ch_mult": _multiples(config.channels),
        "num_res_blocks": config.resnets,
        "attn_resolutions": [],
        "dropout": 0.0,
    }
    vae = comfy.sd.VAE(
        sd=weights, config={"params": {"ddconfig": sizes, "embed_dim": config.latent_channels}}
    )
    vae.latent_channels = config.latent_channels
    for module in vae.first_stage_model.modules():
        if isinstance(module, torch.nn.GroupNorm):
            module.num_groups = config.norm_groups
    vae.downscale_ratio = vae.upscale_ratio = 2 ** (len(config.channels) - 1)
    return vae
