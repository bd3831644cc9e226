"""Reading and writing PLACE weights: the heads of α inside a checkpoint, or in a file of their own.

The released files (``ade20k_best.ckpt``, ``coco_best.ckpt``) are LDM checkpoints whose
cross-attention modules carry one more layer, ``attn2.cascale.0`` (1×1280 and 1). Nothing here
unpickles code: a ``.ckpt`` is read for its weights only.
"""

from __future__ import annotations

import os
import pickle
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .alpha import AlphaHeads

UNET_PREFIX = "model.diffusion_model."
HEADS_FORMAT = "place-fusion-1"

# How torch's weights-only reader names what it refuses to call.
_FORBIDDEN = re.compile(r"(?:GLOBAL|function|class) (?P<name>\w+(?:\.\w+)+)")
_HEAD = re.compile(r"^(?P<layer>.*\battn2)\.cascale\.0\.(?P<part>weight|bias)$")


class CheckpointError(ValueError):
    """A file that cannot be used as weights; the message names the file and the remedy."""


class NoHeadsError(CheckpointError):
    """A readable file without the heads of α."""


def read_heads(path: Path) -> AlphaHeads:
    """The heads of α from a checkpoint in LDM naming or from a heads file; little else is read.

    Raises:
        NoHeadsError: the file has none.
        CheckpointError: the file is damaged, holds code, or its heads are incomplete.
    """
    heads = find_heads(read_tensors(path, wanted=lambda name: _HEAD.match(name) is not None), path)
    if heads is None:
        raise NoHeadsError(
            f"{path.name} holds no PLACE heads (no '…attn2.cascale.0.weight'). It is an ordinary "
            "checkpoint: load it with Load Checkpoint and give Apply PLACE an alpha schedule, or "
            "use a PLACE checkpoint such as ade20k_best.ckpt."
        )
    return heads


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
    return [(0, int(part)) if part.isdigit() else (1, part) for part in layer.split(".")]


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
    """
    if path.exists():
        raise FileExistsError(f"{path} exists; move it away or choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder) / path.name
        save_file(heads_state_dict(heads), part, {"format": HEADS_FORMAT, **(metadata or {})})
        os.replace(part, path)


def read_tensors(path: Path, wanted: Any = lambda name: True) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file or a PyTorch checkpoint whose names are wanted.

    A checkpoint of PyTorch is opened with ``weights_only``: its pickle may build tensors and
    plain containers, nothing else. What Lightning leaves beside the weights is tolerated.

    Raises:
        CheckpointError: not found, truncated, not a checkpoint, or a pickle that would run code.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist")
    if path.suffix.lower() in (".safetensors", ".sft"):
        try:
            with safe_open(path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys() if wanted(name)}
        except (SafetensorError, OSError) as error:
            raise CheckpointError(_damaged(path, error)) from error
    state_dict = _read_pickle(path)
    return {
        name: tensor
        for name, tensor in state_dict.items()
        if isinstance(tensor, Tensor) and wanted(name)
    }


def _read_pickle(path: Path) -> Mapping[str, Any]:
    try:
        with torch.serialization.safe_globals(list(_lightning_leftovers())):
            loaded = torch.load(
                # Mapping the file reads only the tensors that are used; the old format cannot.
                path,
                map_location="cpu",
                weights_only=True,
                mmap=zipfile.is_zipfile(path),
            )
    except pickle.UnpicklingError as error:
        if forbidden := _FORBIDDEN.search(str(error)):
            raise CheckpointError(
                f"{path.name} asks to run Python code ({forbidden['name']}), which weights never "
                "need. It was rejected and nothing of it was run. Get the file as .safetensors."
            ) from error
        raise CheckpointError(_damaged(path, error)) from error
    except Exception as error:  # A damaged pickle can break its reader anywhere.
        raise CheckpointError(_damaged(path, error)) from error
    state_dict = loaded.get("state_dict", loaded) if isinstance(loaded, Mapping) else None
    if not isinstance(state_dict, Mapping):
        raise CheckpointError(f"{path.name} holds a {type(loaded).__name__}, not named weights")
    return state_dict


def _lightning_leftovers() -> Iterable[Any]:
    """Harmless names that Lightning checkpoints mention, as stand-ins that do nothing.

    The same list that ComfyUI's own loader lets pass.
    """

    def nothing(*args: Any, **kwargs: Any) -> None:
        return None

    names = {
        "pytorch_lightning.callbacks.model_checkpoint": "ModelCheckpoint",
        "numpy.core.multiarray": "scalar",
        "numpy._core.multiarray": "scalar",
        "_codecs": "encode",
    }
    for module, name in names.items():
        yield type(name, (), {"__module__": module, "__new__": nothing, "__qualname__": name})
    import numpy

    yield numpy.dtype
    yield numpy.dtypes.Float64DType


def _damaged(path: Path, error: BaseException) -> str:
    size = path.stat().st_size
    return (
        f"{path.name} ({size:,} bytes) is damaged, incomplete or not a checkpoint; download it "
        f"again and compare the size. ({type(error).__name__}: {_reason(error)})"
    )


def _reason(error: BaseException) -> str:
    """The line of an error that says what was wrong; torch puts general advice around it."""
    lines = [line.strip() for line in str(error).split("Check the documentation")[0].splitlines()]
    return next((line[:200] for line in reversed(lines) if line), "no reason given")
