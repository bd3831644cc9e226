"""Eq. 4 in the place of the UNet's cross-attention."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from comfy.ldm.modules import attention
from torch import Tensor

from ...place_core.fusion import TokenLayout, fused_attention, token_layout
from .conditioning import LayoutRow
from .recording import EVALUATIONS_KEY, record_layer

FUSION_KEY = "place"
"""Of the :class:`Fusion` in the ``transformer_options`` of a UNet call."""


class Fusion:
    """What the attention patches of one UNet call share: α, and the layouts of the fused rows."""

    def __init__(
        self,
        rows: list[LayoutRow | None],
        alpha: Tensor,
        names: tuple[str, ...],
        device: torch.device,
    ) -> None:
        """
        Args:
            rows: layout of each row of the batch, None where a row has none.
            alpha: ``[N, B]`` of the layers, or ``[1, B]`` for all.
            names: of the ``N`` layers; empty where α is for all.
        """
        self.batch = len(rows)
        self.fused = _rows([i for i, row in enumerate(rows) if row is not None])
        self.plain = _rows([i for i, row in enumerate(rows) if row is None])
        self.rows = [(i, row) for i, row in enumerate(rows) if row is not None]
        self._alpha = alpha[:, self.fused]
        self._names = names
        self._device = device
        self._layouts: dict[tuple[tuple[int, int], int], TokenLayout] = {}

    def alpha(self, layer: str) -> Tensor:
        """``[F]`` α of the fused rows in a layer."""
        return self._alpha[self._names.index(layer) if self._names else 0]

    def layout(self, grid: tuple[int, int], tokens: int) -> TokenLayout:
        """The layout control map ``[F, N, T]`` of the fused rows, made once per grid and call."""
        if (grid, tokens) not in self._layouts:
            # Rows of one layout, as a batch of latents with one map, are computed once.
            scales = {
                row: row.layout.token_scale(row.map_index, grid, row.window, row.tokens, tokens)
                for row in dict.fromkeys(row for _, row in self.rows)
            }
            scale = torch.stack([scales[row] for _, row in self.rows]).to(self._device)
            self._layouts[grid, tokens] = token_layout(scale)
        return self._layouts[grid, tokens]


def _rows(numbers: list[int]) -> slice | list[int]:
    """Row numbers as an index; a slice where they are in one piece, since that copies nothing."""
    if numbers and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return slice(numbers[0], numbers[-1] + 1)
    return numbers


class FusedCrossAttention:
    """Stands in for the attention function of one cross-attention layer (Eq. 4).

    Rows without a layout get the host's own attention, unchanged. Another pack's patch that was in
    this place keeps running: what PLACE changes is added to its output. One that comes later finds
    ``add``, which IPAdapter and others call on a patch that they meet.
    """

    def __init__(self, layer: str, previous: Callable | None = None) -> None:
        self.layer = layer
        self.previous = previous
        self.added: list[tuple[Callable, dict[str, Any]]] = []

    def copy(self) -> FusedCrossAttention:
        """The same patch; what is added to the copy is not added to this one."""
        other = FusedCrossAttention(self.layer, self.previous)
        other.added = list(self.added)
        return other

    def add(self, callback: Callable, **kwargs: Any) -> None:
        """Add ``callback(out, q, k, v, extra_options, **kwargs)`` to the output."""
        self.added.append((callback, kwargs))

    def to(self, target: torch.device | torch.dtype) -> FusedCrossAttention:
        """Called by the host; passes the move on to another pack's patch."""
        if not hasattr(self.previous, "to"):
            return self
        moved = self.copy()
        moved.previous = self.previous.to(target)
        return moved

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, extra_options: dict) -> Tensor:
        """``q [B, N, H·D]``, ``k`` and ``v`` ``[B, T, H·D]`` → ``[B, N, H·D]``."""
        fusion: Fusion | None = extra_options.get(FUSION_KEY)
        # Temporal layers of video models share the keys of spatial ones; their rows are not ours.
        if fusion is not None and len(q) == fusion.batch:
            out = self._fused(q, k, v, extra_options, fusion)
        else:
            out = (self.previous or _plain_attention)(q, k, v, extra_options)
        sigma = float(extra_options["sigmas"][0]) if self.added else math.inf
        for callback, kwargs in self.added:
            if kwargs.get("sigma_end", 0.0) <= sigma <= kwargs.get("sigma_start", math.inf):
                out = out + callback(out, q, k, v, extra_options, **kwargs).to(out.dtype)
        return out

    def _fused(
        self, q: Tensor, k: Tensor, v: Tensor, extra_options: dict, fusion: Fusion
    ) -> Tensor:
        heads = extra_options["n_heads"]
        grid = tuple(extra_options["activations_shape"][-2:])
        rows, plain = fusion.fused, fusion.plain
        query, key, value = (_split_heads(tokens[rows], heads) for tokens in (q, k, v))
        layout, alpha = fusion.layout(grid, k.shape[1]), fusion.alpha(self.layer)
        for evaluation in extra_options.get(EVALUATIONS_KEY, ()):
            parts = (query, key, layout.scale, alpha)
            record_layer(
                evaluation, self.layer, grid, parts, fusion.rows, extra_options, fusion.batch
            )
        fused = fused_attention(query, key, value, layout, alpha)
        fused = fused.transpose(1, 2).flatten(2)
        if self.previous is not None:
            out = self.previous(q, k, v, extra_options).clone()
            out[rows] += fused - _plain_attention(q[rows], k[rows], v[rows], extra_options)
            return out
        if len(fused) == len(q):
            return fused
        out = torch.empty_like(q)
        out[rows] = fused
        out[plain] = _plain_attention(q[plain], k[plain], v[plain], extra_options)
        return out


def _plain_attention(q: Tensor, k: Tensor, v: Tensor, extra_options: dict) -> Tensor:
    """The attention that the host would have run, back end and overrides included."""
    return attention.optimized_attention(
        q,
        k,
        v,
        extra_options["n_heads"],
        attn_precision=extra_options["attn_precision"],
        transformer_options=extra_options,
    )


def _split_heads(tokens: Tensor, heads: int) -> Tensor:
    return tokens.unflatten(-1, (heads, -1)).transpose(1, 2)
