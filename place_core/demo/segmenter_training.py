"""Training the judge of the demo model on rendered pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .loop import train_steps, training_device
from .pool import UNKNOWN, Pool
from .segmenter import LOOKS, Segmenter

STEPS, BATCH = 12_000, 8
# How much smaller pictures are made to blur them; most of them stay sharp.
_COARSER = (1, 1, 1, 1.5)


def train_segmenter(pool: Pool, work: Path, steps: int = STEPS) -> Segmenter:
    """The judge, trained in ``work`` on the pool or read from there."""
    torch.manual_seed(2)
    segmenter = Segmenter().to(training_device())

    def loss_of(step: int) -> Tensor:
        rng = np.random.default_rng((1, step))
        return segmenter_loss(segmenter, pool, rng.integers(len(pool), size=BATCH), step)

    # No moving average: the statistics of batch norm belong to the last weights.
    train_steps(work / "segmenter.pt", {"segmenter": segmenter}, 3e-3, steps, loss_of, ema_decay=0)
    return segmenter.eval()


def segmenter_loss(segmenter: Segmenter, pool: Pool, numbers: np.ndarray, step: int) -> Tensor:
    """Cross-entropy of looks and styles, on pictures of which some are blurred, with noise.

    A judge that only knows the renderer's sharp lines would judge the VAE's blur and not what a
    picture shows. Half of the pictures are mirrored.
    """
    device = next(segmenter.parameters()).device
    generator = torch.Generator().manual_seed(step)
    pictures = pool.images(numbers)
    looks = torch.from_numpy(pool.looks[numbers]).long()
    styles = torch.from_numpy(pool.styles[numbers]).long()
    mirrored = torch.rand(len(pictures), generator=generator) < 0.5
    pictures[mirrored] = pictures[mirrored].flip(-1)
    looks[mirrored] = looks[mirrored].flip(-1)
    factors = torch.randint(len(_COARSER), (len(pictures),), generator=generator).tolist()
    blurred = [_blurred(p[None], _COARSER[f]) for p, f in zip(pictures, factors, strict=True)]
    noise = 0.03 * torch.randn(pictures.shape, generator=generator)
    judgement = segmenter((torch.cat(blurred) + noise).to(device))
    # Else sky and sea would be nearly all there is to learn.
    rarity = looks[looks != UNKNOWN].bincount(minlength=len(LOOKS)).clamp(min=1).float().rsqrt()
    return functional.nll_loss(
        judgement.looks, looks.to(device), rarity.to(device), ignore_index=UNKNOWN
    ) + 0.2 * functional.cross_entropy(judgement.styles, styles.to(device))


def _blurred(pictures: Tensor, factor: float) -> Tensor:
    """Made smaller by a factor and large again."""
    if factor == 1:
        return pictures
    height, width = pictures.shape[2:]
    small = (round(height / factor), round(width / factor))
    small_pictures = functional.interpolate(pictures, small, mode="area")
    return functional.interpolate(small_pictures, (height, width), mode="bilinear")
