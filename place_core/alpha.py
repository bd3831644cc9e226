"""The fusion weight α of Eq. 4: learned per layer, or a schedule for models without heads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Schedule = Callable[[float], float]
"""Maps the progress of sampling (0 = pure noise, 1 = clean) to α in 0..1."""


@dataclass(frozen=True)
class AlphaHeads:
    """The learned heads ``α = sigmoid(w·e + b)`` of all cross-attention layers (Eq. 4).

    Attributes:
        layers: names of the ``N`` cross-attention modules inside the UNet, such as
            ``input_blocks.1.1.transformer_blocks.0.attn2``.
        weight: ``[N, E]`` float32, ``E`` the width of the time embedding (1280 in SD 1.x).
        bias: ``[N]`` float32.
    """

    layers: tuple[str, ...]
    weight: Tensor
    bias: Tensor

    def __post_init__(self) -> None:
        count = len(self.layers)
        if count == 0 or self.weight.ndim != 2 or self.weight.shape[0] != count:
            raise ValueError(f"{count} layers need weights [{count}, E], got {self.weight.shape}")
        if self.bias.shape != (count,):
            raise ValueError(f"{count} layers need biases [{count}], got {list(self.bias.shape)}")
        if not (self.weight.isfinite().all() and self.bias.isfinite().all()):
            raise ValueError("the heads of alpha hold NaN or infinite values; the file is damaged")

    @property
    def embedding_width(self) -> int:
        """Width ``E`` of the time embedding that the heads read."""
        return self.weight.shape[1]

    def to(self, device: torch.device) -> AlphaHeads:
        """The same heads on ``device``. They stay in float32: α is cheap and wants precision."""
        if self.weight.device == device:
            return self
        return AlphaHeads(self.layers, self.weight.to(device), self.bias.to(device))


def learned_alpha(heads: AlphaHeads, time_embedding: Tensor) -> Tensor:
    """α of every layer from the UNet's time embedding (Eq. 4).

    Args:
        heads: heads of ``N`` layers.
        time_embedding: ``[B, E]``, the raw output of the time MLP (no activation after it), plus
            the label embedding where the model has one: the tensor that the ResBlocks get.

    Returns:
        ``[N, B]`` float32 in 0..1.
    """
    scores = torch.nn.functional.linear(time_embedding.float(), heads.weight, heads.bias)
    return scores.sigmoid().T


def constant(progress: float) -> float:
    """α = 1 all the way: only ``strength`` and the start and end percents shape it."""
    return 1.0


def linear(progress: float) -> float:
    """α falls from 1 to 0 in a straight line."""
    return 1.0 - progress


def cosine(progress: float) -> float:
    """α falls from 1 to 0 along half a cosine: high early, low late, like the learned heads."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def piecewise_linear(points: Sequence[tuple[float, float]]) -> Schedule:
    """α along straight lines through ``(progress, α)`` points, flat before and after them.

    Raises:
        ValueError: no points.
    """
    if not points:
        raise ValueError("a curve needs at least one point")
    x, y = zip(*sorted(points), strict=True)
    return lambda progress: float(np.interp(progress, x, y))


SCHEDULES: dict[str, Schedule] = {"cosine": cosine, "linear": linear, "constant": constant}

DEFAULT_SCHEDULE = "constant"
"""Of models without heads: the one that follows layouts best in docs/study.md."""


@dataclass(frozen=True)
class FusionSettings:
    """How strongly the layout is fused, over the steps of sampling.

    Attributes:
        heads: learned heads; where None, ``schedule`` gives α.
        schedule: used without heads.
        strength: factor on α, 0..1; at 0 nothing is fused.
        start, end: part of the sampling where fusion acts, as progress 0..1.
    """

    heads: AlphaHeads | None = None
    schedule: Schedule = SCHEDULES[DEFAULT_SCHEDULE]
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 1.0:
            raise ValueError(f"strength must be in 0..1, got {self.strength}")
        if not 0.0 <= self.start <= self.end <= 1.0:
            raise ValueError(
                f"start_percent {self.start} and end_percent {self.end} must be in 0..1, in order"
            )

    def alpha(self, progress: float, time_embedding: Tensor) -> Tensor:
        """α times strength for each layer and sample.

        Args:
            progress: of the sampling, 0 = pure noise, 1 = clean; read by schedules.
            time_embedding: ``[B, E]`` of the UNet; read by heads.

        Returns:
            ``[N, B]`` float32 with one row per head, or ``[1, B]`` from a schedule.
        """
        if self.heads is not None:
            return self.strength * learned_alpha(self.heads, time_embedding)
        value = self.strength * min(max(self.schedule(progress), 0.0), 1.0)
        return torch.full((1, len(time_embedding)), value, device=time_embedding.device)
