"""How much the demo model learns from: what a GPU has time for, and what a CPU has."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Training:
    """A stage that learns.

    Attributes:
        steps: of the whole run.
        batch: pictures of a step: of the base, details, or a quarter as many scenes; of the
            fine-tune as many with maps as without.
        rate: the learning rate at its highest.
    """

    steps: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Recipe:
    """Amounts for every stage.

    Attributes:
        pictures: of the pool, and of the pool of details.
        decoder, base, judge: how long they learn.
        details, fine_tune: how long the fine-tune learns from details, then from whole scenes.
        pairs_details, captioned_details: how many details, with maps and without.
        pairs, captioned: how many scenes.
        workers: processes that load them; 0 loads them in the process that trains.
        checkpoint_every: steps of the fine-tune.
    """

    pictures: int
    decoder: Training
    base: Training
    judge: Training
    details: Training
    fine_tune: Training
    pairs_details: int
    captioned_details: int
    pairs: int
    captioned: int
    workers: int
    checkpoint_every: int


CPU = Recipe(
    pictures=24_000,
    decoder=Training(5000, 8, 1e-3),
    base=Training(4000, 64, 2.5e-3),
    judge=Training(12_000, 8, 3e-3),
    details=Training(4000, 48, 1.5e-3),
    fine_tune=Training(3000, 16, 1.2e-3),
    pairs_details=24_000,
    captioned_details=24_000,
    pairs=12_000,
    captioned=12_000,
    workers=0,
    checkpoint_every=100,
)
"""Some hours on two cores."""

GPU = Recipe(
    pictures=64_000,
    decoder=Training(4500, 32, 1e-3),
    base=Training(8000, 256, 2.5e-3),
    judge=Training(5000, 64, 3e-3),
    details=Training(6000, 192, 1.5e-3),
    fine_tune=Training(4000, 64, 1.2e-3),
    pairs_details=48_000,
    captioned_details=48_000,
    pairs=48_000,
    captioned=48_000,
    workers=14,
    checkpoint_every=500,
)
"""About an hour on a large GPU with 16 cores beside it.

A step of the base takes 0.1 s there whatever its batch is, up to 512: starting the kernels is what
takes the time.
"""


def recipe_for(device: torch.device) -> Recipe:
    """The recipe that the device has time for."""
    return CPU if device.type == "cpu" else GPU
