"""Training the judge of the demo model on rendered pictures."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import update_bn

from .loop import train_steps, training_device
from .pool import UNKNOWN, Pool
from .recipe import Training
from .segmenter import LOOKS, Segmenter

_WORN = 0.5
"""Share of the pictures that are blurred, and of those that get blotches."""
_BLUR = (1.2, 3.0)
"""How much smaller a picture is made before it is made large again."""
_BLOTCH_SIDES = (2, 4, 8)
"""Pixels; the largest are as large as a latent."""
_STRONGEST_BLOTCHES = 0.15
"""Of each size; pictures are in −1..1."""
_STATISTICS = 32
"""Batches that the statistics of batch norm are taken from."""


def train_segmenter(pool: Pool, work: Path, training: Training) -> Segmenter:
    """The judge, trained in ``work`` on the pool or read from there."""
    torch.manual_seed(2)
    device = training_device()
    segmenter = Segmenter().to(device)

    def numbers(step: int) -> np.ndarray:
        return np.random.default_rng((1, step)).integers(len(pool), size=training.batch)

    modules, state = {"segmenter": segmenter}, work / "segmenter.pt"
    train_steps(
        state,
        modules,
        training.rate,
        training.steps,
        lambda step: segmenter_loss(segmenter, pool, numbers(step), step),
    )
    # Those of batch norm belong to the last weights, and these are the averaged ones.
    steps = range(training.steps, training.steps + _STATISTICS)
    update_bn((_worn_batch(pool, numbers(step), step, device)[0] for step in steps), segmenter)
    return segmenter.eval()


def segmenter_loss(segmenter: Segmenter, pool: Pool, numbers: np.ndarray, step: int) -> Tensor:
    """Cross-entropy of looks and styles, on pictures that are worn."""
    device = next(segmenter.parameters()).device
    pictures, looks, styles = _worn_batch(pool, numbers, step, device)
    judgement = segmenter(pictures)
    # Else sky and sea would be nearly all there is to learn.
    counts = looks.flatten().bincount(minlength=UNKNOWN + 1)[: len(LOOKS)]
    rarity = counts.clamp(min=1).float().rsqrt()
    return functional.nll_loss(
        judgement.looks, looks, rarity, ignore_index=UNKNOWN
    ) + 0.2 * functional.cross_entropy(judgement.styles, styles)


def _worn_batch(
    pool: Pool, numbers: np.ndarray, step: int, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures ``[B, 3, H, W]``, looks ``[B, H, W]`` and styles ``[B]``.

    Half of the pictures are mirrored; some are blurred, some have blotches, and all have noise. A
    judge that only knows the renderer's sharp lines would judge the VAE's blur and the UNet's
    blotches, and not what a picture shows.
    """
    rng, generator = np.random.default_rng((2, step)), torch.Generator(device).manual_seed(step)
    pictures = pool.images(numbers, device)
    looks = torch.from_numpy(pool.looks[numbers]).to(device).long()
    styles = torch.from_numpy(pool.styles[numbers]).to(device).long()
    mirrored = torch.from_numpy(rng.random(len(pictures)) < 0.5).to(device)[:, None, None]
    pictures = pictures.flip(-1).where(mirrored[:, None], pictures)
    looks = looks.flip(-1).where(mirrored, looks)
    blurred, blotched = torch.from_numpy(rng.random((2, len(pictures), 1, 1, 1)) < _WORN).to(device)
    pictures = _blurred(pictures, rng.uniform(*_BLUR)).where(blurred, pictures)
    pictures = (pictures + _blotches(pictures, generator)).where(blotched, pictures)
    noise = torch.randn(pictures.shape, generator=generator, device=device)
    return pictures + 0.03 * noise, looks, styles


def _blurred(pictures: Tensor, factor: float) -> Tensor:
    """Made smaller by ``factor`` and large again."""
    height, width = pictures.shape[2:]
    small = (round(height / factor), round(width / factor))
    small_pictures = functional.interpolate(pictures, small, mode="area")
    return functional.interpolate(small_pictures, (height, width), mode="bilinear")


def _blotches(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Smooth noise of several sizes, of a strength by lot for each picture and size."""
    count, colors, height, width = pictures.shape
    device, sum_of_sizes = pictures.device, torch.zeros_like(pictures)
    for side in _BLOTCH_SIDES:
        grid = (count, colors, math.ceil(height / side), math.ceil(width / side))
        spots = torch.randn(grid, generator=generator, device=device)
        strength = _STRONGEST_BLOTCHES * torch.rand(
            count, 1, 1, 1, generator=generator, device=device
        )
        spots = functional.interpolate(spots, scale_factor=side, mode="bilinear")
        sum_of_sizes += strength * spots[..., :height, :width]
    return sum_of_sizes
