"""A whole Stable Diffusion 1.x model as diffusers' classes, from and to both layouts of files.

Nothing is asked of a network.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

from ..alpha import AlphaHeads
from .files import METADATA_FILE, CheckpointError, save_tensors, written_whole
from .heads import (
    HEADS_FILE,
    NoHeadsError,
    find_heads,
    heads_state_dict,
    is_head,
    read_heads,
    save_heads,
)
from .names import (
    TEXT_PREFIX,
    UNET_PREFIX,
    VAE_PREFIX,
    cross_attention_names,
    is_vae_attention,
    text_encoder_names,
    unet_names,
    vae_names,
)
from .single_file import (
    ATTENTION_HEADS,
    FAMILY_OF_CONTEXT,
    LATENT_CHANNELS,
    NORM_GROUPS,
    REMEDY,
    build_text_encoder,
    build_unet,
    build_vae,
    read_model_tensors,
    read_unet,
)

CHECKPOINT_FORMAT = "place-checkpoint-1"

_UNET_OF_SD1 = {
    "in_channels": LATENT_CHANNELS,
    "out_channels": LATENT_CHANNELS,
    "attention_head_dim": ATTENTION_HEADS,
    "norm_num_groups": NORM_GROUPS,
    "use_linear_projection": False,
    "addition_embed_type": None,
    "class_embed_type": None,
}
_SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "epsilon",
    "skip_prk_steps": True,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}


@dataclass
class Model:
    """Stable Diffusion 1.x, with the heads of α where it was trained with PLACE.

    Attributes:
        heads: for all cross-attention modules of ``unet``, by their LDM names; or None.
        tokenizer_folder: the tokenizer that came with the model; a single file has none.
    """

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    heads: AlphaHeads | None = None
    tokenizer_folder: Path | None = None


def load_model(path: Path) -> Model:
    """A model from a single file (``.safetensors``, ``.ckpt``) or a folder of diffusers.

    Returns:
        The model in float32, on the CPU, in evaluation mode.

    Raises:
        CheckpointError: not found, damaged, without one of the parts, or no Stable Diffusion 1.x.
    """
    model = _load_folder(path) if path.is_dir() else _load_single_file(path)
    _check_unet(model.unet, path)
    _check_parts(model, path)
    if model.heads is not None:
        _check_heads(model.heads, model.unet, path)
    return model


def load_unet(path: Path) -> dict[str, Tensor]:
    """The tensors of the UNet alone, from whatever :func:`load_model` reads.

    A single file may lack the VAE and the text encoder here.

    Returns:
        float32 tensors with diffusers names.

    Raises:
        CheckpointError: not found, damaged or no Stable Diffusion 1.x.
    """
    if not path.is_dir():
        return read_unet(path)
    unet = _from_folder(UNet2DConditionModel, path, "unet")
    _check_unet(unet, path)
    return dict(unet.state_dict())


def ldm_state_dict(model: Model) -> dict[str, Tensor]:
    """All weights with the full names of a single file, the heads of α among them.

    The tensors are the model's own, not copies.

    Raises:
        CheckpointError: the UNet or the VAE has weights that Stable Diffusion 1.x has not, such as
            those of a LoRA that was not merged.
    """
    unet, vae = model.unet.state_dict(), model.vae.state_dict()
    text = model.text_encoder.state_dict()
    tensors = {UNET_PREFIX + ldm: unet[own] for ldm, own in unet_names(unet).items()}
    for ldm, own in vae_names(vae).items():
        weight = vae[own]
        tensors[VAE_PREFIX + ldm] = weight[..., None, None] if is_vae_attention(own) else weight
    tensors |= {TEXT_PREFIX + ldm: text[own] for ldm, own in text_encoder_names(text).items()}
    # A constant that newer versions of transformers do not save and older readers ask for.
    positions = torch.arange(model.text_encoder.config.max_position_embeddings)
    tensors[f"{TEXT_PREFIX}text_model.embeddings.position_ids"] = positions[None]
    if model.heads is not None:
        heads = heads_state_dict(model.heads)
        tensors |= {UNET_PREFIX + name: tensor for name, tensor in heads.items()}
    return tensors


def save_ldm(
    model: Model, path: Path, metadata: Mapping[str, str], dtype: torch.dtype = torch.float32
) -> None:
    """Write a single file that ComfyUI and A1111 read. The heads of α stay float32.

    The file is written whole or not at all, and never over another.

    Raises:
        CheckpointError: the model has weights that Stable Diffusion 1.x has not.
        FileExistsError: ``path`` exists.
        OSError: it cannot be written, as when the disk is full.
    """
    tensors = {}
    for name, tensor in ldm_state_dict(model).items():
        keep = is_head(name) or not tensor.is_floating_point()
        tensors[name] = tensor.to("cpu", tensor.dtype if keep else dtype)
    save_tensors(tensors, path, {**metadata, "format": CHECKPOINT_FORMAT})


def save_diffusers(model: Model, folder: Path, metadata: Mapping[str, str]) -> None:
    """Write a folder that StableDiffusionPipeline of diffusers reads.

    The heads of α go to ``place_heads.safetensors`` and the metadata to ``place.json``. Where the
    model came without a tokenizer, the pipeline wants one from its caller. The folder is written
    whole or not at all, and never over another.

    Raises:
        CheckpointError: the UNet has weights that Stable Diffusion 1.x has not.
        FileExistsError: ``folder`` exists.
        OSError: it cannot be written, as when the disk is full.
    """
    # Diffusers would write whatever is inside of the UNet, a LoRA that was not merged as well.
    unet_names(model.unet.state_dict())
    with written_whole(folder) as part:
        part.mkdir()
        _write_json(part / "model_index.json", _model_index())
        _write_json(part / METADATA_FILE, {**metadata, "format": CHECKPOINT_FORMAT})
        PNDMScheduler(**_SCHEDULE).save_pretrained(part / "scheduler")
        model.unet.save_pretrained(part / "unet")
        model.vae.save_pretrained(part / "vae")
        _save_text_encoder(model.text_encoder, part / "text_encoder")
        if model.tokenizer_folder is not None:
            shutil.copytree(model.tokenizer_folder, part / "tokenizer")
        if model.heads is not None:
            save_heads(model.heads, part / HEADS_FILE, metadata)


def _load_single_file(path: Path) -> Model:
    tensors = read_model_tensors(path)
    return Model(
        unet=build_unet(tensors, path),
        vae=build_vae(tensors, path),
        text_encoder=build_text_encoder(tensors, path),
        heads=find_heads(tensors, path.name),
    )


def _load_folder(folder: Path) -> Model:
    for other, family in {
        "transformer": "Stable Diffusion 3, Flux or newer",
        "text_encoder_2": "Stable Diffusion XL",
    }.items():
        if (folder / other).is_dir():
            raise CheckpointError(f"{folder.name} is {family} (it has {other}/). {REMEDY}")
    try:
        heads = read_heads(folder)
    except NoHeadsError:
        heads = None
    tokenizer = folder / "tokenizer"
    return Model(
        unet=_from_folder(UNet2DConditionModel, folder, "unet"),
        vae=_from_folder(AutoencoderKL, folder, "vae"),
        text_encoder=_from_folder(CLIPTextModel, folder, "text_encoder"),
        heads=heads,
        tokenizer_folder=tokenizer if tokenizer.is_dir() else None,
    )


def _from_folder(kind: Any, folder: Path, part: str) -> Any:
    """A model of diffusers or transformers from a part of the folder, float32."""
    if not (folder / part / "config.json").is_file():
        raise CheckpointError(
            f"{folder.name} lacks {part}/config.json. Use the whole folder of a Stable Diffusion "
            "1.x model, with unet, vae and text_encoder."
        )
    try:
        model, info = kind.from_pretrained(
            folder / part, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # Damage can break the readers of three libraries anywhere.
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"{folder.name}/{part} cannot be read; get it again. ({reason})"
        ) from error
    # Left alone, what is missing would be random numbers.
    if missing := sorted(info["missing_keys"]):
        raise CheckpointError(f"{folder.name}/{part} lacks the weight {missing[0]}; get it again")
    return model.float().eval()


def _check_unet(unet: UNet2DConditionModel, path: Path) -> None:
    if family := FAMILY_OF_CONTEXT.get(unet.config.cross_attention_dim):
        raise CheckpointError(f"{path.name} is {family}. {REMEDY}")
    for key, expected in _UNET_OF_SD1.items():
        if (found := unet.config[key]) != expected:
            raise CheckpointError(
                f"{path.name} is no plain Stable Diffusion 1.x: {key} of its UNet is {found}, "
                f"not {expected}. {REMEDY}"
            )


def _check_parts(model: Model, path: Path) -> None:
    """Whether the parts fit each other."""
    width, reads = model.text_encoder.config.hidden_size, model.unet.config.cross_attention_dim
    if width != reads:
        raise CheckpointError(
            f"{path.name}: the text encoder is {width} wide, the UNet reads {reads}. {REMEDY}"
        )
    if (channels := model.vae.config.latent_channels) != LATENT_CHANNELS:
        raise CheckpointError(f"{path.name}: the VAE has {channels} channels, not 4. {REMEDY}")


def _check_heads(heads: AlphaHeads, unet: UNet2DConditionModel, path: Path) -> None:
    layers = set(cross_attention_names(unet.state_dict()))
    if other := layers ^ set(heads.layers):
        raise CheckpointError(
            f"{path.name}: {sorted(other)[0]} is in the UNet or among the PLACE heads, not in "
            "both; the heads belong to another model or are incomplete"
        )
    width = unet.time_embedding.linear_2.out_features
    if heads.embedding_width != width:
        raise CheckpointError(
            f"{path.name}: the PLACE heads read a time embedding of {heads.embedding_width}, the "
            f"UNet has {width}; the heads belong to another model"
        )


def _save_text_encoder(encoder: CLIPTextModel, folder: Path) -> None:
    """In the names that all versions of transformers read; newer ones write others."""
    folder.mkdir()
    encoder.config.save_pretrained(folder)
    weights = encoder.state_dict()
    named = {name: weights[own] for name, own in text_encoder_names(weights).items()}
    save_tensors(named, folder / "model.safetensors", {"format": "pt"})


def _model_index() -> dict[str, Any]:
    return {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": diffusers.__version__,
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
