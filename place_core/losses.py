"""The training losses of PLACE, Eq. 5–8 (https://arxiv.org/abs/2403.01852).

The paper leaves open how Eq. 5 and 6 are reduced over heads, tokens, layers and the batch. Here:

- the maps of a block are averaged over its heads before Eq. 5, as the paper's HW×HW and HW×N say;
- Eq. 5 is summed over the text tokens and averaged over the image tokens. A row of F is a
  distribution over the text tokens, so the sum does not change when padding is added that nobody
  looks at, and the mean does not change when a picture is divided more finely;
- blocks, samples and latent values are averaged, so λ means the same for every model and batch.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

# Scores of one piece of Eq. 5, in elements. A piece and its gradient are what the loss holds at
# one time: 32 M float32 are 128 MB, and about four such tensors live at once.
_PIECE = 1 << 25
_PIECE_ON_CPU = 1 << 22


def semantic_alignment_of_maps(self_attention: Tensor, fusion: Tensor) -> Tensor:
    """Eq. 5 as written: how far self-attention carries the fusion map away from itself.

    ``W = A_saᵀ · F`` and ``L_SA = Σ_i ‖W[:, i] − F[:, i]‖²``, here divided by the image tokens.
    It is 0 when every token attends evenly to the tokens of its own region and to no others.

    Args:
        self_attention: ``[B, N, N]``, averaged over the heads; row = query, rows sum to 1.
        fusion: ``[B, N, T]`` the fusion map F of Eq. 4, averaged over the heads.

    Returns:
        ``[B]``, at least 0.
    """
    carried = self_attention.transpose(-1, -2) @ fusion
    return alignment_distance(carried, fusion)


def semantic_alignment(query: Tensor, key: Tensor, fusion: Tensor) -> Tensor:
    """Eq. 5 from the queries and keys of self-attention; equal to the one as written.

    The map of ``N × N`` is made piece by piece and made again for the gradient, so that no such
    map is ever stored: 4096 image tokens at batch 4 and 8 heads would take 2.1 GB for each block.

    Args:
        query, key: ``[B, H, N, D]`` of a self-attention layer.
        fusion: ``[B, N, T]`` the fusion map F of the cross-attention that follows it, averaged
            over the heads.

    Returns:
        ``[B]`` in the dtype of ``fusion``. Gradients reach query, key and fusion.
    """
    batch, heads, tokens, _ = query.shape
    limit = _PIECE_ON_CPU if query.device.type == "cpu" else _PIECE
    piece = max(1, limit // (batch * heads * tokens))
    carried = torch.zeros_like(fusion)
    for start in range(0, tokens, piece):
        rows = slice(start, start + piece)
        carried = carried + checkpoint(
            _carry, query[:, :, rows], key, fusion[:, rows], use_reentrant=False
        )
    return alignment_distance(carried, fusion)


def alignment_distance(carried: Tensor, fusion: Tensor) -> Tensor:
    """``Σ_i ‖W[:, i] − F[:, i]‖²`` of Eq. 5, per image token.

    Args:
        carried: ``[B, N, T]``, W.
        fusion: ``[B, N, T]``, F.

    Returns:
        ``[B]``.
    """
    return (carried - fusion).square().sum(-1).mean(-1)


def _carry(query: Tensor, key: Tensor, fusion: Tensor) -> Tensor:
    """What some rows of self-attention add to ``W = A_saᵀ · F``: ``[B, N, T]``."""
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    attention = scores.softmax(-1, dtype=fusion.dtype).mean(1)
    return attention.transpose(-1, -2) @ fusion


def denoising_loss(predicted: Tensor, noise: Tensor, weights: Tensor | None = None) -> Tensor:
    """L_LDM (Eq. 6) and, of a network with α = 0 on pairs without a map, L_LFP (Eq. 7).

    ``‖ε − ε_θ‖²`` as a mean over all values, in float32.

    Args:
        predicted, noise: ``[B, 4, h, w]``.
        weights: ``[B]`` of the samples; None is the paper's 1.

    Returns:
        A scalar.
    """
    errors = (predicted.float() - noise.float()).square().flatten(1).mean(1)
    return (errors if weights is None else weights * errors).mean()


def total_loss(
    denoising: Tensor,
    alignment: Tensor | float,
    preservation: Tensor | float,
    alignment_weight: float = 1.0,
    preservation_weight: float = 1.0,
) -> Tensor:
    """Eq. 8: ``L = L_LDM + λ1·L_SA + λ2·L_LFP``, λ1 = λ2 = 1 in the paper."""
    return denoising + alignment_weight * alignment + preservation_weight * preservation
