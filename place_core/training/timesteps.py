"""Which timestep each sample of a training has."""

from __future__ import annotations

from torch import Tensor

TIMESTEPS = 1000
_GOLDEN_RATIO = (5**0.5 - 1) / 2


def spread_timesteps(first: float, numbers: Tensor) -> Tensor:
    """Timesteps that are uniform over a run, and spread over the whole schedule in each batch.

    How large the loss is depends on the timestep first of all; so the mean of a batch varies less
    than with independent ones (the low-discrepancy sampler of https://arxiv.org/abs/2107.00630).
    Multiples of the golden ratio are spread like that in batches of any size, on any number of
    processes.

    Args:
        first: in 0..1, where in the schedule sample 0 is.
        numbers: int64 of any shape, of the samples in the run.

    Returns:
        int64 in 0..999, of the same shape.
    """
    return ((first + numbers.double() * _GOLDEN_RATIO) % 1 * TIMESTEPS).long()
