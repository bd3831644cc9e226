"""A whole Stable Diffusion 1.x model as diffusers' classes, from and to both layouts of files.

Models of the same design in other sizes, and with TAESD's VAE, go the same ways. Nothing is asked
of a network.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, PNDMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

from ..alpha import AlphaHeads
from .describe import AnyVAE, describe
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
from .model_config import (
    EPSILON,
    LATENT_SCALE,
    MODEL_KEY,
    LatentColors,
    ModelConfig,
    read_config,
)
from .model_shapes import check_tensors
from .names import (
    TEXT_PREFIX,
    UNET_PREFIX,
    VAE_PREFIX,
    cross_attention_names,
    is_vae_attention,
    text_encoder_names,
    tiny_vae_names,
    unet_names,
    vae_names,
)
from .prediction import prediction_of, set_prediction
from .single_file import (
    FAMILY_OF_CONTEXT,
    REMEDY,
    build_text_encoder,
    build_unet,
    build_vae,
    read_model,
    read_unet,
)

CHECKPOINT_FORMAT = "place-checkpoint-1"

# Beside the weights, TAESD has the scale of its latents as a tensor, which halves badly.
_TINY_VAE_NUMBERS = tuple(f"{VAE_PREFIX}vae_{name}" for name in ("scale", "shift"))
_SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
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
        latent_colors: for previews while sampling, of models that ComfyUI knows no colors of.
    """

    unet: UNet2DConditionModel
    vae: AnyVAE
    text_encoder: CLIPTextModel
    heads: AlphaHeads | None = None
    tokenizer_folder: Path | None = None
    latent_colors: LatentColors | None = None

    def to(self, device: torch.device) -> Model:
        """Move the three networks; the heads stay on the CPU."""
        for part in (self.unet, self.vae, self.text_encoder):
            part.to(device)
        return self


def load_model(path: Path) -> Model:
    """A model from a single file (``.safetensors``, ``.ckpt``) or a folder of diffusers.

    Returns:
        The model in float32, on the CPU, in evaluation mode.

    Raises:
        CheckpointError: not found, damaged, without one of the parts, or no Stable Diffusion 1.x.
    """
    model = _load_folder(path) if path.is_dir() else _load_single_file(path)
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
    _refuse_other_texts(unet, path)
    return dict(unet.state_dict())


def ldm_state_dict(model: Model) -> dict[str, Tensor]:
    """All weights with the full names of a single file, the heads of α among them.

    The tensors are the model's own, not copies.

    Raises:
        CheckpointError: the UNet or the VAE has weights that Stable Diffusion 1.x has not, such as
            those of a LoRA that was not merged.
    """
    unet = model.unet.state_dict()
    text = model.text_encoder.state_dict()
    tensors = {UNET_PREFIX + ldm: unet[own] for ldm, own in unet_names(unet).items()}
    tensors |= {VAE_PREFIX + name: tensor for name, tensor in _vae_tensors(model.vae).items()}
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
    """Write a single file. The heads of α stay float32.

    A model that is not Stable Diffusion 1.x itself is described in the metadata, for Load PLACE
    Model in ComfyUI and :func:`load_model`; others are read by all of ComfyUI and A1111. The file
    is written whole or not at all, and never over another.

    Raises:
        CheckpointError: the model is not of Stable Diffusion 1.x's design.
        FileExistsError: ``path`` exists.
        OSError: it cannot be written, as when the disk is full.
    """
    tensors = {}
    for name, tensor in ldm_state_dict(model).items():
        keep = is_head(name) or name in _TINY_VAE_NUMBERS or not tensor.is_floating_point()
        tensors[name] = tensor.to("cpu", tensor.dtype if keep else dtype)
    config = _description(model)
    check_tensors(config, tensors, "the model")
    others = {key: value for key, value in metadata.items() if key != MODEL_KEY}
    save_tensors(tensors, path, {**others, **config.to_metadata(), "format": CHECKPOINT_FORMAT})


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
        _write_json(part / "model_index.json", _model_index(model))
        # Configurations of diffusers' tell the rest.
        colors = {} if model.latent_colors is None else _description(model).to_metadata()
        _write_json(part / METADATA_FILE, {**metadata, **colors, "format": CHECKPOINT_FORMAT})
        schedule = {**_SCHEDULE, "prediction_type": prediction_of(model.unet)}
        PNDMScheduler(**schedule).save_pretrained(part / "scheduler")
        model.unet.save_pretrained(part / "unet")
        model.vae.save_pretrained(part / "vae")
        _save_text_encoder(model.text_encoder, part / "text_encoder")
        if model.tokenizer_folder is not None:
            shutil.copytree(model.tokenizer_folder, part / "tokenizer")
        if model.heads is not None:
            save_heads(model.heads, part / HEADS_FILE, metadata)


def _description(model: Model) -> ModelConfig:
    found = describe(model.unet, model.vae, model.text_encoder)
    return replace(found, latent_colors=model.latent_colors)


def _load_single_file(path: Path) -> Model:
    tensors, config = read_model(path)
    return Model(
        unet=build_unet(tensors, path, config),
        vae=build_vae(tensors, path, config),
        text_encoder=build_text_encoder(tensors, path, config),
        heads=find_heads(tensors, path.name),
        latent_colors=config and config.latent_colors,
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
    config = read_config(folder)
    tokenizer = folder / "tokenizer"
    unet = _from_folder(UNet2DConditionModel, folder, "unet")
    _refuse_other_texts(unet, folder)
    set_prediction(unet, _prediction_in(folder))
    return Model(
        unet=unet,
        vae=_from_folder(_vae_class(folder), folder, "vae"),
        text_encoder=_from_folder(CLIPTextModel, folder, "text_encoder"),
        heads=heads,
        tokenizer_folder=tokenizer if tokenizer.is_dir() else None,
        latent_colors=config and config.latent_colors,
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


def _prediction_in(folder: Path) -> str:
    """What the UNet of a folder predicts: its sampler knows; a folder may lack that."""
    try:
        text = (folder / "scheduler" / "scheduler_config.json").read_text(encoding="utf-8")
        return json.loads(text).get("prediction_type", EPSILON)
    except FileNotFoundError:
        return EPSILON
    except (OSError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{folder.name}/scheduler/scheduler_config.json cannot be read ({error}); get it again"
        ) from error


def _vae_class(folder: Path) -> type[AnyVAE]:
    try:
        config = json.loads((folder / "vae" / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Reading the VAE itself says better what is wrong.
        return AutoencoderKL
    tiny = isinstance(config, dict) and config.get("_class_name") == AutoencoderTiny.__name__
    return AutoencoderTiny if tiny else AutoencoderKL


def _refuse_other_texts(unet: UNet2DConditionModel, path: Path) -> None:
    context = unet.config.cross_attention_dim
    if isinstance(context, int) and (family := FAMILY_OF_CONTEXT.get(context)):
        raise CheckpointError(f"{path.name} is {family}. {REMEDY}")


def _check_parts(model: Model, path: Path) -> None:
    """Whether the parts are of Stable Diffusion 1.x's design, and fit each other."""
    try:
        describe(model.unet, model.vae, model.text_encoder)
    except CheckpointError as error:
        raise CheckpointError(
            f"{path.name} is not of Stable Diffusion 1.x's design: {error}. {REMEDY}"
        ) from error


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


def _vae_tensors(vae: AnyVAE) -> dict[str, Tensor]:
    """The VAE's tensors with their names in a single file, without prefix."""
    weights = vae.state_dict()
    if isinstance(vae, AutoencoderTiny):
        tensors = {name: weights[own] for name, own in tiny_vae_names(weights).items()}
        # ComfyUI multiplies what a VAE gives by Stable Diffusion's factor; this takes it out again.
        tensors["vae_scale"] = torch.tensor(LATENT_SCALE / vae.config.scaling_factor)
        tensors["vae_shift"] = torch.tensor(0.0)
        return tensors
    return {
        ldm: weights[own][..., None, None] if is_vae_attention(own) else weights[own]
        for ldm, own in vae_names(weights).items()
    }


def _save_text_encoder(encoder: CLIPTextModel, folder: Path) -> None:
    """In the names that all versions of transformers read; newer ones write others."""
    folder.mkdir()
    encoder.config.save_pretrained(folder)
    weights = encoder.state_dict()
    named = {name: weights[own] for name, own in text_encoder_names(weights).items()}
    save_tensors(named, folder / "model.safetensors", {"format": "pt"})


def _model_index(model: Model) -> dict[str, Any]:
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
        "vae": ["diffusers", type(model.vae).__name__],
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
