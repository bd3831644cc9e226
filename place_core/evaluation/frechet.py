"""Distance of two sets of pictures in the features of a network."""

from __future__ import annotations

import torch
from torch import Tensor


def frechet_distance(one: Tensor, other: Tensor) -> float:
    """``|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)`` of two sets of feature vectors.

    The formula of the FID (Heusel et al. 2017, https://arxiv.org/abs/1706.08500). The number means
    something only beside others with the same network and the same numbers of pictures.

    Args:
        one, other: ``[N, F]`` and ``[M, F]``, each with more pictures than features.

    Raises:
        ValueError: fewer than two pictures in a set.
    """
    if min(len(one), len(other)) < 2:
        raise ValueError(f"a spread needs two pictures or more, got {len(one)} and {len(other)}")
    one, other = one.double(), other.double()
    mean = (one.mean(0) - other.mean(0)).square().sum()
    # The covariance of one feature is a number, not a matrix.
    first, second = (torch.atleast_2d(features.T.cov()) for features in (one, other))
    # The trace of the root is the sum of the roots of the eigenvalues, which are real and not
    # negative but for rounding.
    root = torch.linalg.eigvals(first @ second).real.clamp(min=0).sqrt().sum()
    # Rounding can bring equal sets a little below 0.
    return max(0.0, float(mean + first.trace() + second.trace() - 2 * root))
