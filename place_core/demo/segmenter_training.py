"""Training the judge of the demo model on rendered scenes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..layout import VOID
from .loop import train_steps, training_device
from .model import RESOLUTION, as_tensor
from .scenes import Scene, render_close_up, render_scene
from .segmenter import LOOKS, Segmenter
from .styles import STYLES

STEPS, BATCH = 20_000, 8
# Scenes of the judge have numbers that no other stage uses.
_FIRST_SEED = 20_000_000
_IGNORED = -100
# How much smaller pictures are made to blur them; most of them stay sharp.
_COARSER = (1, 1, 2)


def train_segmenter(work: Path, steps: int = STEPS) -> Segmenter:
    """The judge, trained in ``work`` on rendered scenes or read from there."""
    torch.manual_seed(2)
    segmenter = Segmenter().to(training_device())

    def loss_of(step: int) -> Tensor:
        first = _FIRST_SEED + step * BATCH
        # Close-ups: else there is far more sky and sea to learn from than persons and fences.
        scenes = [
            (render_close_up if seed % 2 else render_scene)(seed, (RESOLUTION, RESOLUTION))
            for seed in range(first, first + BATCH)
        ]
        return segmenter_loss(segmenter, scenes, step)

    # No moving average: the statistics of batch norm belong to the last weights.
    train_steps(work / "segmenter.pt", {"segmenter": segmenter}, 2e-3, steps, loss_of, ema_decay=0)
    return segmenter.eval()


def segmenter_loss(segmenter: Segmenter, scenes: list[Scene], step: int) -> Tensor:
    """Cross-entropy of looks and styles, on pictures of which some are blurred, with noise.

    A judge that only knows the renderer's sharp lines would judge the VAE's blur and not what a
    picture shows.
    """
    device = next(segmenter.parameters()).device
    generator = torch.Generator().manual_seed(step)
    pictures = as_tensor([scene.picture for scene in scenes])
    factors = torch.randint(len(_COARSER), (len(scenes),), generator=generator).tolist()
    blurred = [_blurred(p[None], _COARSER[f]) for p, f in zip(pictures, factors, strict=True)]
    noise = 0.03 * torch.randn(pictures.shape, generator=generator)
    judgement = segmenter((torch.cat(blurred) + noise).to(device))
    looks = torch.stack([look_labels(scene) for scene in scenes]).to(device)
    styles = torch.tensor([list(STYLES).index(scene.style) for scene in scenes], device=device)
    # Else sky and sea would be nearly all there is to learn.
    rarity = looks[looks != _IGNORED].bincount(minlength=len(LOOKS)).clamp(min=1).float().rsqrt()
    return functional.nll_loss(
        judgement.looks, looks, rarity, ignore_index=_IGNORED
    ) + 0.2 * functional.cross_entropy(judgement.styles, styles)


def _blurred(pictures: Tensor, factor: float) -> Tensor:
    """Made smaller by a factor and large again."""
    if factor == 1:
        return pictures
    height, width = pictures.shape[2:]
    small = (round(height / factor), round(width / factor))
    small_pictures = functional.interpolate(pictures, small, mode="area")
    return functional.interpolate(small_pictures, (height, width), mode="bilinear")


def look_labels(scene: Scene) -> Tensor:
    """``[H, W]`` int64: the place in :data:`LOOKS` of what each pixel shows; void is ignored."""
    table = {class_id: LOOKS.index((class_id, look)) for class_id, look in scene.attributes.items()}
    labels = np.full(scene.labels.shape, _IGNORED, np.int64)
    for class_id, place in table.items():
        labels[scene.labels == class_id] = place
    labels[scene.labels == VOID] = _IGNORED
    return torch.from_numpy(labels)
