"""Layout fusion (Eq. 4) in the attention layers of diffusers, and records for Eq. 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor

from ..checkpoint.names import cross_attention_names
from ..fusion import fused_attention, fusion_map, token_layout

# Attention scores of a head. Up to so many, torch's fused attention goes backward at half the speed
# of plain products on a CPU; beyond, the scores that these keep need too much memory.
_SMALL_MAP = 1 << 16


@dataclass
class FusionCall:
    """What the attention layers of one UNet call need, and what they leave behind.

    Attributes:
        scales: number of image tokens ``N`` → ``[B, N, T]``, the layout control map over the text
            tokens.
        alpha: ``[layers, B]`` fusion weights in 0..1, in the order of the layers.
        align: keep what the semantic alignment loss needs.
        self_attention: queries and keys ``[B, H, N, D]`` of the blocks whose self-attention has
            run, by number, until their cross-attention runs.
        records: for each block, by number: queries and keys of its self-attention, and the fusion
            map of its cross-attention ``[B, N, T]``, averaged over the heads.
    """

    scales: Mapping[int, Tensor]
    alpha: Tensor
    align: bool = False
    self_attention: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    records: dict[int, tuple[Tensor, Tensor, Tensor]] = field(default_factory=dict)

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Cross-attention of a layer, ``[B, H, N, D]``; as written where gradients are wanted."""
        scale, alpha = self.scales[query.shape[2]], self.alpha[layer]
        if not torch.is_grad_enabled():
            return fused_attention(query, key, value, token_layout(scale), alpha)
        fusion = fusion_map(query, key, scale, alpha)
        if self.align:
            record = (*self.self_attention.pop(layer), fusion.mean(1))
            # Gradient checkpointing runs this again; the loss has the first ones then.
            self.records.setdefault(layer, record)
        return fusion.to(value.dtype) @ value


class SelfAttention:
    """Plain self-attention; leaves its queries and keys to the cross-attention that follows."""

    def __init__(self, layer: int) -> None:
        self.layer = layer

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        place: FusionCall | None = None,
    ) -> Tensor:
        query, key, value = _heads(attn, hidden_states, hidden_states)
        if place is not None and place.align:
            place.self_attention[self.layer] = (query, key)
        out = _plain_attention(query, key, value)
        return _project(attn, out)


class CrossAttention:
    """Cross-attention with Eq. 4 where a layout is given, plain (α = 0) where none is."""

    def __init__(self, layer: int) -> None:
        self.layer = layer

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        place: FusionCall | None = None,
    ) -> Tensor:
        query, key, value = _heads(attn, hidden_states, encoder_hidden_states)
        if place is None:
            out = _plain_attention(query, key, value)
            return _project(attn, out)
        # Scores and softmax stay in float32, whatever runs around them.
        with torch.autocast(query.device.type, enabled=False):
            out = place.attend(self.layer, query, key, value)
        return _project(attn, out)


def install_attention(unet: UNet2DConditionModel) -> tuple[str, ...]:
    """Give the attention layers of a UNet these processors.

    Returns:
        The names of its cross-attention layers as LDM has them, in the order of their numbers.
    """
    names = cross_attention_names(unet.state_dict())
    for layer, name in enumerate(names.values()):
        block = name.removesuffix(".attn2")
        unet.get_submodule(f"{block}.attn1").set_processor(SelfAttention(layer))
        unet.get_submodule(f"{block}.attn2").set_processor(CrossAttention(layer))
    return tuple(names)


def _plain_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """``[B, H, N, D]``."""
    small = query.shape[2] * key.shape[2] <= _SMALL_MAP
    if small and query.device.type == "cpu" and torch.is_grad_enabled():
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        return scores.softmax(-1).to(value.dtype) @ value
    return torch.nn.functional.scaled_dot_product_attention(query, key, value)


def _heads(attn: Attention, hidden_states: Tensor, context: Tensor) -> tuple[Tensor, ...]:
    """Queries ``[B, H, N, D]``, keys and values ``[B, H, T, D]``."""
    return tuple(
        projected.unflatten(-1, (attn.heads, -1)).transpose(1, 2)
        for projected in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context))
    )


def _project(attn: Attention, out: Tensor) -> Tensor:
    """``[B, H, N, D]`` → ``[B, N, H·D]`` through the output layer and its dropout."""
    out = out.transpose(1, 2).flatten(2)
    for layer in attn.to_out:
        out = layer(out)
    return out
