"""The models inside a single file (LDM naming), built by the shapes of their tensors.

No configuration is asked of anyone: what Stable Diffusion 1.x models have in common is written
here, and the rest is seen from the tensors. Where a file describes its model itself, that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from .files import CheckpointError, read_tensors
from .heads import is_head
from .model_config import (
    STABLE_DIFFUSION_1,
    ModelConfig,
    TinyVAEConfig,
    read_config,
)
from .model_shapes import check_tensors
from .names import (
    TEXT_PREFIX,
    UNET_PREFIX,
    VAE_PREFIX,
    is_vae_attention,
    text_encoder_names,
    tiny_vae_names,
    unet_levels,
    unet_names,
    vae_names,
)
from .prediction import set_prediction

Tensors = dict[str, Tensor]
Module = TypeVar("Module", bound=torch.nn.Module)

REMEDY = "Use a Stable Diffusion 1.x model, such as v1-5-pruned-emaonly.safetensors."
FAMILY_OF_CONTEXT = {1024: "Stable Diffusion 2", 2048: "Stable Diffusion XL"}
"""Who reads text of another width than the 768 of Stable Diffusion 1.x."""
_CLIP_HEAD_WIDTH = 64
_PARTS = {UNET_PREFIX: "UNet", VAE_PREFIX: "VAE", TEXT_PREFIX: "text encoder"}
_OTHER_FAMILIES = {
    "conditioner.embedders.": "Stable Diffusion XL",
    f"{UNET_PREFIX}label_emb.": "Stable Diffusion XL",
    "cond_stage_model.model.": "Stable Diffusion 2",
    f"{UNET_PREFIX}joint_blocks.": "Stable Diffusion 3",
    f"{UNET_PREFIX}double_blocks.": "Flux",
    "double_blocks.": "Flux",
    "control_model.": "a ControlNet",
    "lora_": "a LoRA",
}
# The averaged weights of a training run: a second UNet that nothing here reads.
_AVERAGED = "model_ema."
# Files may hold more: the losses of the VAE, a projection behind the text encoder.
_VAE_PARTS = ("encoder.", "decoder.", "quant_conv.", "post_quant_conv.")
_TEXT_PARTS = ("text_model.embeddings.", "text_model.encoder.", "text_model.final_layer_norm.")


def read_model(path: Path) -> tuple[Tensors, ModelConfig | None]:
    """All tensors of a checkpoint with UNet, VAE and text encoder, as the file names them.

    Returns:
        The tensors, and what the file says of its model, which then is true of the tensors.

    Raises:
        CheckpointError: not found, damaged, without one of the parts, or of another family.
    """
    config = read_config(path)
    tensors = _read(path, _PARTS, described=config is not None)
    if config is not None:
        check_tensors(config, tensors, path.name)
    return tensors, config


def read_unet(path: Path) -> Tensors:
    """The UNet of a checkpoint in float32 with diffusers names, without the heads of α.

    Raises:
        CheckpointError: not found, damaged, without a UNet, or of another family.
    """
    described = read_config(path) is not None
    return _unet_tensors(_read(path, (UNET_PREFIX,), described), path)


def build_unet(
    tensors: Mapping[str, Tensor], path: Path, config: ModelConfig | None
) -> UNet2DConditionModel:
    """The UNet from what :func:`read_model` gives for ``path``, float32."""
    described = (config or STABLE_DIFFUSION_1).unet
    unet = _build(
        lambda found: _empty_unet(found, described.heads, described.norm_groups),
        _unet_tensors(tensors, path),
        path,
    )
    set_prediction(unet, described.prediction)
    return unet


def build_vae(
    tensors: Mapping[str, Tensor], path: Path, config: ModelConfig | None
) -> AutoencoderKL | AutoencoderTiny:
    """The VAE from what :func:`read_model` gives for ``path``, float32."""
    vae = (config or STABLE_DIFFUSION_1).vae
    if isinstance(vae, TinyVAEConfig):
        return _build_tiny_vae(tensors, vae, path)
    part = {n: t for n, t in _without_prefix(tensors, VAE_PREFIX) if n.startswith(_VAE_PARTS)}
    renamed = _renamed(part, vae_names, path)
    shaped = {n: t.flatten(1) if is_vae_attention(n) else t for n, t in renamed.items()}
    return _build(
        lambda found: _empty_vae(found, vae.norm_groups, vae.scaling_factor), shaped, path
    )


def build_text_encoder(
    tensors: Mapping[str, Tensor], path: Path, config: ModelConfig | None
) -> CLIPTextModel:
    """The text encoder from what :func:`read_model` gives for ``path``, float32."""
    heads = None if config is None else config.text_encoder.heads
    part = dict(_without_prefix(tensors, TEXT_PREFIX))
    weights = {
        name: part[own].to(torch.float32, copy=True)
        for name, own in text_encoder_names(part).items()
        if name.startswith(_TEXT_PARTS) and not name.endswith("position_ids")
    }
    return _build(
        lambda found: _empty_text_encoder(found, heads), weights, path, text_encoder_names
    )


def _build_tiny_vae(
    tensors: Mapping[str, Tensor], config: TinyVAEConfig, path: Path
) -> AutoencoderTiny:
    # Without vae_scale and vae_shift, which say to other readers what the description says here.
    weights = {
        name: tensor.to(torch.float32, copy=True)
        for name, tensor in _without_prefix(tensors, VAE_PREFIX)
        if name.startswith("taesd_")
    }
    return _build(
        lambda _: AutoencoderTiny(
            latent_channels=config.latent_channels, scaling_factor=config.scaling_factor
        ),
        weights,
        path,
        tiny_vae_names,
    )


def _read(path: Path, parts: Iterable[str], described: bool) -> Tensors:
    tensors = read_tensors(path, lambda name: not name.startswith(_AVERAGED))
    _refuse_other_families(tensors, path)
    if not described:
        _refuse_other_texts(tensors, path)
    for prefix in parts:
        if not any(name.startswith(prefix) and not is_head(name) for name in tensors):
            raise CheckpointError(
                f"{path.name} lacks its {_PARTS[prefix]} (no '{prefix}…'). Use a whole checkpoint, "
                "with UNet, VAE and text encoder."
            )
    return tensors


def _refuse_other_families(tensors: Mapping[str, Tensor], path: Path) -> None:
    for prefix, family in _OTHER_FAMILIES.items():
        if any(name.startswith(prefix) for name in tensors):
            raise CheckpointError(f"{path.name} is {family} (it has '{prefix}…'). {REMEDY}")


def _refuse_other_texts(tensors: Mapping[str, Tensor], path: Path) -> None:
    for name, tensor in tensors.items():
        if name.endswith("attn2.to_k.weight") and tensor.shape[-1] in FAMILY_OF_CONTEXT:
            width = tensor.shape[-1]
            raise CheckpointError(
                f"{path.name} is {FAMILY_OF_CONTEXT[width]} (its text is {width} wide). {REMEDY}"
            )


def _unet_tensors(tensors: Mapping[str, Tensor], path: Path) -> Tensors:
    part = {n: t for n, t in _without_prefix(tensors, UNET_PREFIX) if not is_head(n)}
    return _renamed(part, unet_names, path)


def _without_prefix(tensors: Mapping[str, Tensor], prefix: str) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in tensors.items():
        if name.startswith(prefix):
            yield name.removeprefix(prefix), tensor


def _renamed(
    tensors: Mapping[str, Tensor], names: Callable[[Iterable[str]], dict[str, str]], path: Path
) -> Tensors:
    try:
        table = names(tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{path.name}: {error}") from error
    # Copies, as the tensors of a file may be the file itself, mapped into memory.
    return {table[n]: t.to(torch.float32, copy=True) for n, t in tensors.items()}


def _build(
    empty: Callable[[Tensors], Module],
    tensors: Tensors,
    path: Path,
    names: Callable[[Iterable[str]], dict[str, str]] | None = None,
) -> Module:
    """A model with these tensors; ``names`` says what the model itself calls them."""
    with _explained(path):
        # Without weights of its own: filling them with random numbers takes longer than reading.
        with init_empty_weights():
            model = empty(tensors)
        if names is not None:
            own = names(model.state_dict())
            tensors = {own.get(name, name): tensor for name, tensor in tensors.items()}
        model.load_state_dict(tensors, assign=True)
    return model.eval()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what a model says of tensors that do not fit into a :class:`CheckpointError`."""
    try:
        yield
    except KeyError as error:
        raise CheckpointError(f"{path.name} lacks the weight {error}; get it again") from error
    except (RuntimeError, ValueError, IndexError) as error:
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"{path.name} is incomplete or no Stable Diffusion 1.x: {reason}. {REMEDY}"
        ) from error


def _empty_unet(tensors: Tensors, heads: int, norm_groups: int) -> UNet2DConditionModel:
    levels = unet_levels(tensors)
    middle = "mid_block.attentions.0"
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=tensors["conv_in.weight"].shape[1],
        out_channels=tensors["conv_out.weight"].shape[0],
        down_block_types=[
            "CrossAttnDownBlock2D" if attention else "DownBlock2D" for attention in levels.attention
        ],
        up_block_types=[
            "CrossAttnUpBlock2D" if attention else "UpBlock2D"
            for attention in reversed(levels.attention)
        ],
        block_out_channels=[
            len(tensors[f"down_blocks.{level}.resnets.0.conv2.weight"])
            for level in range(len(levels.attention))
        ],
        layers_per_block=levels.resnets,
        cross_attention_dim=tensors[f"{middle}.transformer_blocks.0.attn2.to_k.weight"].shape[1],
        attention_head_dim=heads,
        norm_num_groups=norm_groups,
        use_linear_projection=tensors[f"{middle}.proj_in.weight"].ndim == 2,
    )


def _empty_vae(tensors: Tensors, norm_groups: int, scaling_factor: float) -> AutoencoderKL:
    levels = _count("encoder.down_blocks.{}.resnets.0.conv1.weight", tensors)
    return AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * levels,
        up_block_types=["UpDecoderBlock2D"] * levels,
        block_out_channels=[
            len(tensors[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"])
            for level in range(levels)
        ],
        layers_per_block=_count("encoder.down_blocks.0.resnets.{}.conv1.weight", tensors),
        latent_channels=tensors["decoder.conv_in.weight"].shape[1],
        norm_num_groups=norm_groups,
        sample_size=512,
        scaling_factor=scaling_factor,
    )


def _empty_text_encoder(tensors: Tensors, heads: int | None) -> CLIPTextModel:
    vocabulary, width = tensors["text_model.embeddings.token_embedding.weight"].shape
    layer = "text_model.encoder.layers.{}.mlp.fc1.weight"
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=len(tensors[layer.format(0)]),
        projection_dim=width,
        num_hidden_layers=_count(layer, tensors),
        num_attention_heads=heads or max(1, width // _CLIP_HEAD_WIDTH),
        max_position_embeddings=len(tensors["text_model.embeddings.position_embedding.weight"]),
        hidden_act="quick_gelu",
    )
    return CLIPTextModel(config)


def _count(name: str, tensors: Tensors) -> int:
    """How many of the names ``name`` with 0, 1, 2, … in it there are."""
    count = 0
    while name.format(count) in tensors:
        count += 1
    return count
