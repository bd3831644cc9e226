"""Training the judge of the demo model on rendered pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .loop import train_steps, training_device
from .pool import UNKNOWN, Pool
from .recipe import Training
from .segmenter import LOOKS, Segmenter

_BLURRED = 0.25
"""Share of the pictures that are blurred."""


def train_segmenter(pool: Pool, work: Path, training: Training) -> Segmenter:
    """The judge, trained in ``work`` on the pool or read from there."""
    torch.manual_seed(2)
    segmenter = Segmenter().to(training_device())

    def loss_of(step: int) -> Tensor:
        rng = np.random.default_rng((1, step))
        return segmenter_loss(segmenter, pool, rng.integers(len(pool), size=training.batch), step)

    # No moving average: the statistics of batch norm belong to the last weights.
    modules, state = {"segmenter": segmenter}, work / "segmenter.pt"
    train_steps(state, modules, training.rate, training.steps, loss_of, ema_decay=0)
    return segmenter.eval()


def segmenter_loss(segmenter: Segmenter, pool: Pool, numbers: np.ndarray, step: int) -> Tensor:
    """Cross-entropy of looks and styles, on pictures of which some are blurred, with noise.

    A judge that only knows the renderer's sharp lines would judge the VAE's blur and not what a
    picture shows. Half of the pictures are mirrored.
    """
    device = next(segmenter.parameters()).device
    rng, generator = np.random.default_rng((2, step)), torch.Generator(device).manual_seed(step)
    pictures = pool.images(numbers, device)
    looks = torch.from_numpy(pool.looks[numbers]).to(device).long()
    styles = torch.from_numpy(pool.styles[numbers]).to(device).long()
    mirrored = torch.from_numpy(rng.random(len(pictures)) < 0.5).to(device)[:, None, None]
    pictures = pictures.flip(-1).where(mirrored[:, None], pictures)
    looks = looks.flip(-1).where(mirrored, looks)
    blurred = torch.from_numpy(rng.random(len(pictures)) < _BLURRED).to(device)
    pictures = _blur(pictures).where(blurred[:, None, None, None], pictures)
    noise = torch.randn(pictures.shape, generator=generator, device=device)
    judgement = segmenter(pictures + 0.03 * noise)
    # Else sky and sea would be nearly all there is to learn.
    counts = looks.flatten().bincount(minlength=UNKNOWN + 1)[: len(LOOKS)]
    rarity = counts.clamp(min=1).float().rsqrt()
    return functional.nll_loss(
        judgement.looks, looks, rarity, ignore_index=UNKNOWN
    ) + 0.2 * functional.cross_entropy(judgement.styles, styles)


def _blur(pictures: Tensor) -> Tensor:
    """Made smaller by a third and large again."""
    height, width = pictures.shape[2:]
    small = (round(height / 1.5), round(width / 1.5))
    small_pictures = functional.interpolate(pictures, small, mode="area")
    return functional.interpolate(small_pictures, (height, width), mode="bilinear")
