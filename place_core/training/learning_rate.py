"""How the learning rate goes over a run."""

from __future__ import annotations

import math

_LAST = 0.1


def rate_share(step: int, steps: int, warmup: int, cosine: bool) -> float:
    """The share of the highest rate, in 0..1, at a step that begins with 0.

    It rises evenly over ``warmup`` steps; then it stays, or falls as half a cosine to a tenth at
    the end of ``steps``.
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if not cosine:
        return 1.0
    progress = (step - warmup) / max(1, steps - warmup)
    return _LAST + (1 - _LAST) * (1 + math.cos(math.pi * progress)) / 2
