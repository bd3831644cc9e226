"""The heads of α inside a checkpoint, or in a file of their own.

The released files (``ade20k_best.ckpt``, ``coco_best.ckpt``) are LDM checkpoints whose
cross-attention modules carry one more layer, ``attn2.cascale.0`` (1×1280 and 1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..alpha import AlphaHeads
from ..quoting import quoted
from .files import CheckpointError, read_tensors, save_tensors
from .names import UNET_PREFIX

HEADS_FORMAT = "place-fusion-1"
HEADS_FILE = "place_heads.safetensors"
"""Where a model in a folder (diffusers) keeps its heads."""

_HEAD = re.compile(r"^(?P<layer>.*\battn2)\.cascale\.0\.(?P<part>weight|bias)$", re.DOTALL)
# As all naming schemes have them; none counts to a thousand.
_LAYER = re.compile(r"(?!.*[0-9]{4})[A-Za-z0-9_.]{1,200}")


class NoHeadsError(CheckpointError):
    """A readable file without the heads of α."""


def read_heads(path: Path) -> AlphaHeads:
    """The heads of α from a checkpoint in LDM naming or from a heads file; little else is read.

    A folder in the layout of diffusers is looked into for its heads file.

    Raises:
        NoHeadsError: the file has none.
        CheckpointError: the file is damaged, holds code, or its heads are incomplete.
    """
    file = path / HEADS_FILE if path.is_dir() else path
    heads = None
    if file == path or file.is_file():
        heads = find_heads(read_tensors(file, wanted=is_head), file)
    if heads is None:
        raise NoHeadsError(
            f"{path.name} holds no PLACE heads (no '…attn2.cascale.0.weight'). It is an ordinary "
            "checkpoint: load it with Load Checkpoint and give Apply PLACE an alpha schedule, or "
            "use a PLACE checkpoint such as ade20k_best.ckpt."
        )
    return heads


def is_head(name: str) -> bool:
    """Whether a tensor of this name belongs to a head."""
    return _HEAD.match(name) is not None


def find_heads(
    state_dict: Mapping[str, Tensor], source: Path | str = "the state dict"
) -> AlphaHeads | None:
    """The heads of α in a state dict, in the order of the UNet's layers, or None.

    Raises:
        CheckpointError: a weight without its bias, or heads of unequal or impossible shapes.
    """
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in state_dict.items():
        if match := _HEAD.match(name.removeprefix(UNET_PREFIX)):
            parts.setdefault(match["layer"], {})[match["part"]] = tensor.float()
    if not parts:
        return None
    layers = sorted(parts, key=layer_order)
    for layer in layers:
        if not _LAYER.fullmatch(layer):
            raise CheckpointError(
                f"{source}: it has a PLACE head of {quoted(layer)}, which no UNet calls a layer; "
                "the file is damaged or made up, get it again"
            )
        if missing := {"weight", "bias"} - parts[layer].keys():
            raise CheckpointError(
                f"{source}: the PLACE head of {layer} lacks its {missing.pop()}; the file is "
                "incomplete, get it again"
            )
    weights = [parts[layer]["weight"] for layer in layers]
    biases = [parts[layer]["bias"] for layer in layers]
    width = weights[0].shape[-1] if weights[0].ndim else 0
    for layer, weight, bias in zip(layers, weights, biases, strict=True):
        if weight.shape != (1, width) or bias.shape != (1,):
            raise CheckpointError(
                f"{source}: the PLACE head of {layer} has the shapes {list(weight.shape)} and "
                f"{list(bias.shape)}, expected [1, {width}] and [1]"
            )
    try:
        return AlphaHeads(tuple(layers), torch.cat(weights), torch.cat(biases))
    except ValueError as error:
        raise CheckpointError(f"{source}: {error}") from error


def layer_order(layer: str) -> list[tuple[int, int | str]]:
    """Sort key: the order in which a UNet runs its layers (input, middle, output; numbers)."""
    # Digits of ASCII: a name may hold anything, such as ², and int() does not read all of it.
    return [
        (0, int(part)) if re.fullmatch("[0-9]{1,9}", part) else (1, part)
        for part in layer.split(".")
    ]


def heads_state_dict(heads: AlphaHeads) -> dict[str, Tensor]:
    """The heads as tensors with LDM names (without ``model.diffusion_model.``)."""
    tensors = {}
    for layer, weight, bias in zip(heads.layers, heads.weight, heads.bias, strict=True):
        tensors[f"{layer}.cascale.0.weight"] = weight[None].cpu().contiguous()
        tensors[f"{layer}.cascale.0.bias"] = bias[None].cpu().contiguous()
    return tensors


def save_heads(heads: AlphaHeads, path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a heads file (about 80 kB for SD 1.x) that :func:`read_heads` opens.

    The file is written whole or not at all, and never over another.

    Raises:
        FileExistsError: ``path`` exists.
        OSError: it cannot be written, as when the disk is full.
    """
    save_tensors(heads_state_dict(heads), path, {"format": HEADS_FORMAT, **(metadata or {})})
