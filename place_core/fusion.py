"""Adaptive fusion of the layout control map into cross-attention, Eq. 4 of PLACE.

    S = Q·Kᵀ / √d        F = α · softmax(L ⊙ S) + (1 − α) · softmax(S)        O = F · V

A token that is bound to no class ("free": BOS, EOS, padding, words of a class that the map lacks)
keeps its score in both branches. :func:`fusion_map` is the equation as written;
:func:`fused_attention` is what runs. The tests hold them equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .tokens import FREE

# Scores of one piece of the work, in elements. An accelerator wants few large pieces (16 M float32
# are 64 MB, and three such tensors live at once); a CPU wants them inside its cache, where fusion
# costs what plain attention costs, and a third of what it costs in one piece.
_PIECE = 1 << 24
_PIECE_ON_CPU = 1 << 18


@dataclass(frozen=True)
class TokenLayout:
    """The layout control map of Eq. 3 spread over the text tokens, ready to be used on scores.

    Attributes:
        scale: ``[B, N, T]`` float32: the area fraction of the token's class, 1 for free tokens.
        bias: ``[B, N, T]`` float32: −∞ where the class has no pixel under the image token, else 0.
    """

    scale: Tensor
    bias: Tensor


def spread_over_tokens(fractions: Tensor, class_ids: Tensor, token_class_ids: Tensor) -> Tensor:
    """Area fractions per class → per text token; free tokens get 1.

    Args:
        fractions: ``[K, h, w]`` of :func:`place_core.lcm.layout_fractions`.
        class_ids: ``[K]`` the classes that were measured. A class that the map lacks must not be
            among them: its words are free.
        token_class_ids: ``[T]`` class of each text token, ``FREE`` where none.

    Returns:
        ``[h·w, T]`` float32.
    """
    free = fractions.new_ones(1, *fractions.shape[1:])
    table = torch.cat([fractions, free]).flatten(1).T
    # Each token takes the first column that matches; the last one, of free tokens, always does.
    match = torch.nn.functional.pad(token_class_ids[:, None] == class_ids, (0, 1), value=True)
    return table[:, match.int().argmax(1)].contiguous()


def token_layout(scale: Tensor) -> TokenLayout:
    """Fractions ``[B, N, T]`` → the pair that :func:`fused_attention` applies to the scores."""
    return TokenLayout(scale, torch.zeros_like(scale).masked_fill_(scale == 0, -torch.inf))


def bound_class_ids(token_class_ids: Tensor, labels: Tensor) -> list[int]:
    """Ascending ids of the classes that have words in the prompt and pixels in the map."""
    prompted = set(token_class_ids.unique().tolist()) - {FREE}
    return sorted(prompted & set(labels.unique().tolist()))


def fusion_map(query: Tensor, key: Tensor, scale: Tensor, alpha: Tensor) -> Tensor:
    """Eq. 4 as written: the adaptive fusion map F. For reading, tests, recording and losses.

    Args:
        query: ``[B, H, N, D]`` image tokens.
        key: ``[B, H, T, D]`` text tokens.
        scale: ``[B, N, T]`` area fractions, 1 for free tokens.
        alpha: ``[B]`` fusion weight in 0..1.

    Returns:
        ``[B, H, N, T]`` in the dtype of ``scale``, rows sum to 1.
    """
    dtype = scale.dtype
    scores = query.to(dtype) @ key.to(dtype).transpose(-1, -2) * query.shape[-1] ** -0.5
    scale = scale[:, None]
    layout_scores = torch.where(scale > 0, scale * scores, -torch.inf)
    alpha = alpha.to(dtype)[:, None, None, None]
    return alpha * layout_scores.softmax(-1) + (1 - alpha) * scores.softmax(-1)


def fused_attention(
    query: Tensor, key: Tensor, value: Tensor, layout: TokenLayout, alpha: Tensor
) -> Tensor:
    """Cross-attention with Eq. 4, scores and softmax in float32 whatever the inputs' dtype.

    Args:
        query: ``[B, H, N, D]``.
        key, value: ``[B, H, T, D]``.
        layout: of ``[B, N, T]``.
        alpha: ``[B]`` fusion weight in 0..1.

    Returns:
        ``[B, H, N, D]`` in the dtype of ``value``.
    """
    batch, heads, rows, depth = query.shape
    key = key.float().transpose(-1, -2) * depth**-0.5
    output = value.new_empty(batch, heads, rows, value.shape[-1])
    limit = _PIECE_ON_CPU if query.device.type == "cpu" else _PIECE
    piece = max(1, limit // (batch * heads * key.shape[-1]))
    for start in range(0, rows, piece):
        part = slice(start, start + piece)
        scores = query[:, :, part].float() @ key
        layout_scores = torch.addcmul(
            layout.bias[:, None, part], scores, layout.scale[:, None, part]
        )
        fused = scores.softmax(-1).lerp_(
            layout_scores.softmax(-1), alpha.float()[:, None, None, None]
        )
        output[:, :, part] = fused.to(value.dtype) @ value
    return output
