"""The difference of two UNets as a LoRA, in the names that ComfyUI and A1111 read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

LORA_FORMAT = "place-lora-1"

Factors = tuple[Tensor, Tensor, float]
"""``(down, up, alpha)``: linear ``[r, in]`` and ``[out, r]``, convolution ``[r, in, k, k]`` and
``[out, r, 1, 1]``. The weight changes by ``up · down · alpha / r``."""


@dataclass(frozen=True)
class KeptEnergy:
    """How much of a difference is in a LoRA; energy is the sum of squares.

    Attributes:
        total: kept / whole, over all weights, biases and norms of the UNet, 0..1.
        least: the lowest share that was kept of any one layer in the LoRA, 0..1.
        least_layer: its diffusers name; empty where the LoRA has no layers.
        not_representable: share of the whole that no LoRA can hold: biases and norms.
    """

    total: float
    least: float
    least_layer: str
    not_representable: float


def lora_state_dict(factors: Mapping[str, Factors]) -> dict[str, Tensor]:
    """A LoRA's tensors, named as ComfyUI and A1111 read them.

    Args:
        factors: by diffusers name of a module of the UNet, such as
            ``down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q``.

    Raises:
        ValueError: the shapes of two factors do not belong together.
    """
    tensors = {}
    for module, (down, up, alpha) in factors.items():
        if down.ndim not in (2, 4) or up.ndim != down.ndim or up.shape[1] != down.shape[0]:
            raise ValueError(
                f"{module}: the factors {list(down.shape)} and {list(up.shape)} do not multiply; "
                "expected [r, in] and [out, r], or [r, in, k, k] and [out, r, 1, 1]"
            )
        name = "lora_unet_" + module.replace(".", "_")
        tensors[f"{name}.lora_down.weight"] = down.detach().contiguous()
        tensors[f"{name}.lora_up.weight"] = up.detach().contiguous()
        tensors[f"{name}.alpha"] = torch.tensor(float(alpha))
    return tensors


def extract_lora(
    base: Mapping[str, Tensor], tuned: Mapping[str, Tensor], rank: int
) -> tuple[dict[str, Tensor], KeptEnergy]:
    """The nearest LoRA to ``tuned − base``: each weight's singular value decomposition, cut.

    Args:
        base, tuned: the tensors of two UNets of equal shape, with diffusers names, as of
            ``unet.state_dict()``.
        rank: at most this many singular values per layer; a layer that has fewer keeps all.

    Returns:
        The LoRA in float32, without the layers that are equal in both, and what it keeps.

    Raises:
        ValueError: the UNets differ in names or shapes, or ``rank`` is below 1.
    """
    if rank < 1:
        raise ValueError(f"the rank must be at least 1, got {rank}")
    _check_alike(base, tuned)
    factors: dict[str, Factors] = {}
    shares: dict[str, float] = {}
    whole = kept = other = 0.0
    for name, weight in tuned.items():
        difference = weight.detach().float() - base[name].detach().float()
        energy = difference.double().square().sum().item()
        whole += energy
        if energy == 0.0:
            continue
        module, _, parameter = name.rpartition(".")
        if parameter != "weight" or difference.ndim not in (2, 4):
            other += energy
            continue
        factors[module], layer_kept = _decompose(difference, rank)
        # Rounding may carry it over the whole by a hair.
        shares[module] = min(layer_kept / energy, 1.0)
        kept += shares[module] * energy
    least = min(shares, key=shares.__getitem__, default="")
    report = KeptEnergy(
        total=kept / whole if whole else 1.0,
        least=shares.get(least, 1.0),
        least_layer=least,
        not_representable=other / whole if whole else 0.0,
    )
    return lora_state_dict(factors), report


def _check_alike(base: Mapping[str, Tensor], tuned: Mapping[str, Tensor]) -> None:
    if only := sorted(base.keys() ^ tuned.keys()):
        raise ValueError(f"only one of the two UNets has {only[0]}; they need the same layers")
    for name, tensor in tuned.items():
        if tensor.shape != base[name].shape:
            raise ValueError(
                f"{name} is {list(base[name].shape)} in the one UNet and {list(tensor.shape)} in "
                "the other; a LoRA needs two models of the same size"
            )


def _decompose(difference: Tensor, rank: int) -> tuple[Factors, float]:
    """Factors of a weight's difference, and the energy that they keep."""
    # A convolution is a linear map from its patches [in·k·k].
    left, values, right = torch.linalg.svd(difference.flatten(1), full_matrices=False)
    values = values[:rank]
    # Both factors get the root, so that neither is too small for float16.
    root = values.sqrt()
    up = left[:, :rank] * root
    down = root[:, None] * right[:rank]
    if difference.ndim == 4:
        up = up[..., None, None]
        down = down.unflatten(1, difference.shape[1:])
    # With alpha = rank the loaders scale by 1.
    return (down, up, float(len(values))), values.double().square().sum().item()
